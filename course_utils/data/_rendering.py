"""Renderer of the sea animals: a solid body, flat fins, light, water and what swims in front of it.

An animal is a solid whose cross-sections are ellipses, seen in parallel projection. Every pixel of the image is
projected back to its place on the skin (position along the body, angle around it), so that shading, pattern and
marks follow the body in any pose. Fins are polygons in space. All arrays are float32 with values from 0 to 1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from course_utils.data import _markings
from course_utils.data._anatomy import BodyPlan, Fin, smooth_outline

__all__ = ["Scene", "draw_scene", "render"]

SUPERSAMPLE = 2     # animals are drawn at twice the size and averaged down, which smooths their edges
STATIONS = 512      # places along the body at which its cross-section is tabulated
TILE = 512          # side of the repeating noise images
SURROUNDINGS = ("open water", "seabed", "reef", "surface")


@dataclass(frozen=True)
class Scene:
    """Everything about one image that is drawn without looking at the species.

    Angles are in degrees; lengths are fractions of the image's width; the rest are fractions from 0 to 1.
    """

    facing: str          # "left" or "right"
    yaw: float           # turned towards (+) or away from the viewer
    elevation: float     # seen from above (+) or below (-)
    tilt: float          # nose up (+) or down (-)
    bend: float          # curvature of the swimming body
    length: float        # share of the width that the animal fills
    centre_x: float
    centre_y: float
    depth: float         # metres below the surface: darker and bluer
    turbidity: float     # how much the water's colour veils the animal
    hue: float           # of the water, degrees on the colour circle
    light: float         # brightness of the whole image
    surroundings: str
    occlusion: float     # share of the image that plants and bubbles may cover
    noise: float         # standard deviation of the sensor's noise
    blur: float          # standard deviation of the lens' blur, in pixels at 150 px
    skin_lightness: float
    skin_hue: float
    contrast: float      # between back and belly
    gloss: float
    seed: int            # of the textures


def draw_scene(generator: np.random.Generator) -> Scene:
    """Draw pose, light, water and surroundings at random; the species has no part in it."""
    uniform = generator.uniform
    length = uniform(.60, .95)
    slack = max(0., 1 - length) / 2 + .04
    return Scene(
        facing=("left", "right")[generator.integers(2)],
        yaw=uniform(-38, 38), elevation=uniform(-32, 38), tilt=uniform(-28, 28), bend=uniform(-.16, .16),
        length=length, centre_x=.5 + uniform(-slack, slack), centre_y=.5 + uniform(-.13, .13),
        depth=uniform(1, 25), turbidity=uniform(.04, .48), hue=uniform(168, 228), light=uniform(.85, 1.25),
        surroundings=SURROUNDINGS[generator.integers(len(SURROUNDINGS))],
        occlusion=uniform(0, 1) ** 3 * .2, noise=uniform(.004, .03), blur=uniform(.2, .75),
        skin_lightness=uniform(.34, .72), skin_hue=uniform(15, 260), contrast=uniform(.25, .95),
        gloss=uniform(.05, .45), seed=int(generator.integers(2**31)),
    )


def _fractal(generator: np.random.Generator, roughness: float) -> np.ndarray:
    """Return a repeating noise image with a power-law spectrum, mean 0 and standard deviation 1."""
    spectrum = np.fft.rfft2(generator.standard_normal((TILE, TILE)))
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :])
    frequency[0, 0] = 1
    noise = np.fft.irfft2(spectrum * frequency**-roughness, (TILE, TILE))
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


@lru_cache(maxsize=1)
def _tiles() -> dict:
    """Return the noise images that all textures are cut from; the same in every run."""
    generator = np.random.default_rng(20_16)
    cloud, grain = _fractal(generator, 1.7), _fractal(generator, .9)
    # Ridges of smooth noise look like the net of light that waves throw on everything below them.
    net = np.exp(-np.abs(_fractal(generator, 2.2)) * 9) + .6 * np.exp(-np.abs(_fractal(generator, 2.0)) * 12)
    return {"cloud": cloud, "grain": grain, "net": net.astype(np.float32)}


def _look_up(tile: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return tile[rows.astype(np.int32) & (TILE - 1), columns.astype(np.int32) & (TILE - 1)]


def _crop(name: str, generator: np.random.Generator, size: int, zoom: float = 1.) -> np.ndarray:
    """Return a random square of a noise image, shape (size, size)."""
    row, column = generator.integers(TILE, size=2)
    steps = (np.arange(size) * zoom).astype(np.int32)
    return _tiles()[name][np.ix_((row + steps) & (TILE - 1), (column + steps) & (TILE - 1))]


def _hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """Return the RGB colour, shape (3,), of a hue in degrees."""
    offsets = (np.array([5, 3, 1]) + hue / 60) % 6
    weight = np.clip(np.minimum(offsets, 4 - offsets), 0, 1)
    return (value * (1 - saturation * weight)).astype(np.float32)


def _smoothstep(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


# ---------------------------------------------------------------------------------------------- surroundings

def _water(scene: Scene, size: int) -> np.ndarray:
    """Return the colour of the bare water by row, shape (size, 1, 3)."""
    dark = scene.depth / 25
    top = _hsv(scene.hue - 12, .42 + .25 * dark, .92 - .34 * dark)
    bottom = _hsv(scene.hue + 8, .62 + .25 * dark, .48 - .26 * dark)
    fall = np.linspace(0, 1, size, dtype=np.float32)[:, None, None] ** .8
    return top + (bottom - top) * fall


def _draw_fish(draw: ImageDraw.ImageDraw, x: float, y: float, length: float, direction: int) -> None:
    draw.ellipse((x - length / 2, y - length / 5, x + length / 2, y + length / 5), fill=255)
    tail = x - direction * length * .42
    draw.polygon([(tail, y), (tail - direction * length * .3, y - length * .2),
                  (tail - direction * length * .3, y + length * .2)], fill=255)


def _background(scene: Scene, size: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture without an animal and the bare water's colour, shapes (size, size, 3), (size, 1, 3)."""
    water = _water(scene, size)
    unit = 150 / size                                  # textures keep their scale at any image size
    image = water * (1 + .07 * _crop("cloud", generator, size, unit)[..., None])
    rows = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, size, dtype=np.float32)[None, :]

    shafts = generator.uniform(0, .5)                  # rays of light fan out from above the image
    if shafts > .15:
        origin_x, origin_y = generator.uniform(-.2, 1.2), generator.uniform(-.9, -.3)
        fan = (columns - origin_x) / (rows - origin_y) * generator.uniform(90, 200)
        ray = _look_up(_tiles()["cloud"], np.full_like(fan, generator.integers(TILE)), fan + 256)
        image = image + (shafts * .3 * np.clip(ray, 0, 2) * (1 - rows) ** 1.5)[..., None]

    if scene.surroundings == "surface":
        band = generator.uniform(.10, .24)
        waves = .5 + .5 * np.tanh(_look_up(_tiles()["cloud"], rows * 900 * unit + generator.integers(TILE),
                                           columns * 120 + generator.integers(TILE)) * 1.5)
        image = image + (_smoothstep((band - rows) / band) * (.25 + .55 * waves))[..., None] * np.float32((.8, .95, 1))
    elif scene.surroundings in ("seabed", "reef"):
        rough = .02 if scene.surroundings == "seabed" else .075
        horizon = generator.uniform(.68, .92) + rough * _crop("cloud", generator, size, unit)[:1]
        distance = np.clip((rows - horizon) / (1.02 - horizon.min()), 0, 1)
        sand = _hsv(generator.uniform(20, 55), generator.uniform(.15, .45), generator.uniform(.45, .85))
        relief = _look_up(_tiles()["cloud" if rough > .05 else "grain"], rows**2 * 400 + generator.integers(TILE),
                          columns * 150 + generator.integers(TILE))
        texture = 1 + (.10 if rough < .05 else .30) * relief + .10 * _crop("grain", generator, size, unit)
        net = .25 * _look_up(_tiles()["net"], rows**2 * 500, columns * 160 + generator.integers(TILE))
        ground = sand * np.clip(texture + net * (1 - scene.depth / 30), .1, 2)[..., None] * (.95 - .5 * scene.depth / 25)
        if rough > .05:                                # patches of coral in other colours
            patches = _smoothstep((_crop("cloud", generator, size, 3 * unit) - .3) * 2)[..., None]
            ground = ground + (_hsv(generator.uniform(0, 360), .5, .5) * texture[..., None] - ground) * patches * .8
        veil = np.clip(.25 + .6 * scene.turbidity + .5 * (1 - distance), 0, 1)[..., None]
        cover = _smoothstep((rows - horizon) * 40)[..., None]
        image = image + (ground * (1 - veil) + water * veil - image) * cover

    if generator.random() < .5:                        # small fish far away
        layer = Image.new("L", (size, size))
        draw = ImageDraw.Draw(layer)
        direction, school = (-1, 1)[generator.integers(2)], generator.uniform(0, size, 2)
        for _ in range(generator.integers(2, 14)):
            x, y = school + generator.normal(0, size * .16, 2)
            _draw_fish(draw, x, y, size * generator.uniform(.025, .07), direction)
        cover = np.asarray(layer, np.float32)[..., None] / 255 * generator.uniform(.15, .55)
        image = image + (water * generator.uniform(.25, 1.3) - image) * cover
    return image, water


def _foreground(image: np.ndarray, scene: Scene, water: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw drifting particles, and plants or bubbles that cover about `scene.occlusion` of the picture."""
    size = len(image)
    full = size * SUPERSAMPLE
    layer = Image.new("L", (full, full))
    draw = ImageDraw.Draw(layer)
    plants = scene.occlusion > .01 and generator.random() < .5
    colour = _hsv(generator.uniform(45, 120), .55, generator.uniform(.2, .5)) if plants else np.float32((.9, .97, 1))
    covered = 0.
    while covered < scene.occlusion:
        if plants:                                     # a frond of kelp rises through the image
            x, width = generator.uniform(0, full), full * generator.uniform(.010, .026)
            sway, phase = generator.uniform(1, 4) * width, generator.uniform(0, 6)
            heights = np.linspace(full * generator.uniform(-.1, .5), full, 14)
            path = [(x + sway * np.sin(height / full * 5 + phase), height) for height in heights]
            draw.line(path, fill=240, width=max(1, int(width)), joint="curve")
            for number, (px, py) in enumerate(path[:-1]):
                side = width * generator.uniform(3.5, 6) * (-1, 1)[number % 2]
                leaf = ((0, 0), (.5 * side, -1.5 * width), (side, -2.4 * width), (.55 * side, -.3 * width))
                draw.polygon([(px + dx, py + dy) for dx, dy in leaf], fill=230)
            covered += 2.6 * width / full
        else:                                          # bubbles rise in a loose column
            x, spread = generator.uniform(0, full), full * generator.uniform(.04, .15)
            for _ in range(generator.integers(4, 14)):
                radius = full * generator.uniform(.004, .022)
                px, py = generator.normal(x, spread), generator.uniform(0, full)
                draw.ellipse((px - radius, py - radius, px + radius, py + radius), fill=75, outline=150)
                draw.ellipse((px - radius * .5, py - radius * .6, px - radius * .1, py - radius * .2), fill=235)
                covered += 3.1 * (radius / full) ** 2
    for _ in range(generator.integers(0, 30)):
        x, y, radius = *generator.uniform(0, full, 2), full * generator.uniform(.001, .005)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(generator.uniform(40, 130)))
    cover = np.asarray(layer.reduce(SUPERSAMPLE), np.float32)[..., None] / 255
    return image + (colour * .8 + water * .2 - image) * cover


# ---------------------------------------------------------------------------------------------- the animal

@dataclass
class _Body:
    """Tables along the body of one individual, each of shape (STATIONS,), in body lengths."""

    half_height: np.ndarray
    half_width: np.ndarray
    centre: np.ndarray
    bend: float

    def offset(self, x):
        """Return how far the bent axis lies above the straight one at x."""
        return self.bend * ((np.asarray(x) - .42) ** 2 - .08)

    def at(self, table: np.ndarray, x):
        return np.interp(x, np.linspace(0, 1, STATIONS), table)


def _individual(plan: BodyPlan, scene: Scene, generator: np.random.Generator) -> _Body:
    """Return the body of one animal: its species' outline, stouter or slimmer."""
    x = np.linspace(0, 1, STATIONS)

    def outline(points):
        px, py = np.transpose(points)
        values = np.interp(x, px, py)
        kernel = np.hanning(35)
        padded = np.pad(values, 17, mode="edge")
        smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
        ends = np.minimum(1, np.sqrt(np.minimum(x, 1) / .012))      # a rounded snout
        return smooth * ends

    stout = generator.uniform(*plan.stout)
    up, down = outline(plan.back) * stout, outline(plan.belly) * stout
    half_height = np.maximum((up + down) / 2, 1e-3)
    return _Body(half_height, half_height * plan.width * generator.uniform(.9, 1.1), (up - down) / 2, scene.bend)


class _View:
    """Projection of the body frame to the supersampled canvas."""

    def __init__(self, scene: Scene, plan: BodyPlan, body: _Body, size: int):
        self.scene, self.body, self.size, self.middle = scene, body, size, plan.reach / 2
        yaw, elevation, tilt = np.radians((scene.yaw, scene.elevation + plan.bank, scene.tilt + plan.pitch))
        self.cos_yaw, self.sin_yaw = np.cos(yaw), np.sin(yaw)
        self.cos_up, self.sin_up = np.cos(elevation), np.sin(elevation)
        self.cos_tilt, self.sin_tilt = np.cos(tilt), np.sin(tilt)
        # The whole animal, tail fin included, fills `length` of the width.
        self.scale = scene.length * size / (plan.reach * self.cos_yaw * max(self.cos_tilt, .85))
        self.x0, self.y0 = scene.centre_x * size, scene.centre_y * size

    def project(self, x, y, z):
        """Return canvas columns and rows of points in the body frame."""
        across = (x - self.middle) * self.cos_yaw + z * self.sin_yaw
        up = y * self.cos_up - z * self.sin_up + self.body.offset(x)
        column = across * self.cos_tilt + up * self.sin_tilt
        row = across * self.sin_tilt - up * self.cos_tilt
        return self.x0 + self.scale * column, self.y0 + self.scale * row

    def unproject(self, column, row):
        """Return position along the axis and height above it, as seen, of canvas points."""
        dx, dy = (column - self.x0) / self.scale, (row - self.y0) / self.scale
        across = dx * self.cos_tilt + dy * self.sin_tilt
        up = dx * self.sin_tilt - dy * self.cos_tilt
        return across / self.cos_yaw + self.middle, up

    def turn(self, y, z):
        """Return the screen's upward and forward parts of directions across the body."""
        return y * self.cos_up - z * self.sin_up, y * self.sin_up + z * self.cos_up


@dataclass
class _Skin:
    """Colours and pattern of one individual; drawn with the scene's values, which do not know the species."""

    back: np.ndarray
    belly: np.ndarray
    pattern: str
    edge: float           # angle at which the back's colour gives way to the belly's
    phase: float
    strength: float
    paint: "_markings.Paint | None" = None   # of a fish with marks


def _skin(plan: BodyPlan, scene: Scene, generator: np.random.Generator) -> _Skin:
    back = _hsv(scene.skin_hue, .18, scene.skin_lightness * .9)
    belly = back + (np.float32((.93, .93, .9)) - back) * scene.contrast * .85
    skin = _Skin(back, belly, plan.skins[generator.integers(len(plan.skins))], generator.uniform(-.5, .25),
                 generator.uniform(0, 100), generator.uniform(.35, .8))
    if plan.marks:   # a stream of its own: it knows the scene and the individual, not the species
        skin.paint = _markings.draw_paint(scene, np.random.default_rng([scene.seed, 2]))
    return skin


def _pattern(skin: _Skin, x: np.ndarray, angle: np.ndarray, cloud: np.ndarray,
             grain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (how much of the back's colour shows, a factor on brightness) at places on the skin."""
    edge, dark = skin.edge + .12 * cloud, np.float32(1)
    if skin.pattern == "cape":                          # the back's colour dips below the dorsal fin
        edge = skin.edge + .25 - .9 * np.exp(-((x - .47) / .13) ** 2)
    elif skin.pattern == "hourglass":                   # two pale patches that meet under the dorsal fin
        edge = skin.edge - .35 + .9 * np.minimum(1, np.abs(x - .5) * 4.5) * np.sin(np.pi * x)
    elif skin.pattern == "bars":
        wave = np.sin(x * 62 + skin.phase + 1.1 * cloud + .6 * np.sin(3 * angle))
        dark = 1 - skin.strength * .75 * _smoothstep(wave * 1.6 - .35) * _smoothstep((angle + .35) * 1.6)
    elif skin.pattern == "spots":
        cell = np.cos(x * 88 + skin.phase) * np.cos(angle * 7.5 + 1.2 * np.sin(x * 40 + skin.phase))
        dark = 1 + skin.strength * .75 * _smoothstep((cell + .18 * cloud - .42) * 4)
    elif skin.pattern == "speckled":
        dark = 1 - skin.strength * .6 * _smoothstep(grain * 1.2 - .5)
    elif skin.pattern == "mottled":
        dark = 1 - skin.strength * .55 * _smoothstep(cloud * .8 + .1)
    elif skin.pattern.startswith("scutes"):             # plates of a shell: a row along the back, one on each side
        dark = _scutes(skin, x, angle, cloud)
    elif skin.pattern.startswith("ribs") or skin.pattern == "clover":
        dark = _bell(skin, x, angle, cloud)
    return _smoothstep((angle - edge) * 2.4 + .5), dark


def _scutes(skin: _Skin, x: np.ndarray, angle: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    """Return the brightness of a turtle's shell and scaly head."""
    row = (angle - np.pi / 2) / .72                     # 0 along the middle of the back
    column = (x - .20) / .135 + .5 * (np.abs(np.round(row)) % 2)
    seam = np.minimum(np.abs(column - np.round(column)) * .135, np.abs(np.abs(row - np.round(row)) - .5) * .09)
    shell = _smoothstep((x - .20) * 80) * _smoothstep((.92 - x) * 40)
    dark = 1 - skin.strength * .9 * (1 - _smoothstep(seam * 110)) * shell
    if skin.pattern.endswith("spots"):
        dark = dark * (1 - skin.strength * .5 * _smoothstep(cloud * .9) * shell)
    elif skin.pattern.endswith("rays"):                 # streaks that spread from the middle of each plate
        turn = np.arctan2((row - np.round(row)) * .5, column - np.floor(column) - .5)
        dark = dark * (1 + skin.strength * .45 * np.cos(9 * turn + skin.phase) * shell)
    scales = np.cos(x * 190 + skin.phase) * np.cos(angle * 11)
    return dark * (1 - .35 * skin.strength * _smoothstep(scales * 2 - .4) * (1 - shell))


def _bell(skin: _Skin, x: np.ndarray, angle: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    """Return the brightness of a jellyfish's bell, whose rim is dark, and of the arms below it."""
    bell = _smoothstep((.385 - x) * 60)
    rim = np.exp(-((x - .345) / .022) ** 2)
    if skin.pattern == "clover":                        # four rings shine through the top
        ring = np.abs(np.hypot(x - .15, .16 * np.sin(2 * angle)) - .075)
        mark = np.exp(-(ring / .022) ** 2)
    else:
        mark = _smoothstep(np.cos(angle * 8 + skin.phase) * 1.5 - .35) * _smoothstep(x * 9)
    if skin.pattern.endswith("spots"):
        mark = np.maximum(mark * .6, _smoothstep(cloud * 1.4 - .6))
    frill = _smoothstep(np.cos(x * 95 + skin.phase + 2 * np.sin(3 * angle)) + .1)
    return (1 - .8 * skin.strength * np.maximum(mark, rim)) * bell + (1 - .6 * skin.strength * frill) * (1 - bell)


def _marks(plan: BodyPlan, x: np.ndarray, angle: np.ndarray, radius: np.ndarray, colour: np.ndarray) -> None:
    """Draw eye, mouth, gill slits and blowhole into the colours, in place."""
    for slit in range(plan.gill_slits):
        centre = .205 + .0165 * slit + .012 * np.cos(angle * 1.6)
        line = np.exp(-((x - centre) / .0042) ** 2) * (np.abs(angle - .05) < .62 - .04 * slit)
        colour *= 1 - .72 * line[:, None]
    head = np.flatnonzero(x < .2)
    hx, ha, hr = x[head], angle[head], radius[head]
    shade = np.ones_like(hx)
    for (xa, aa), (xb, ab) in zip(plan.mouth[:-1], plan.mouth[1:]):
        aa, ab = np.radians(aa), np.radians(ab)
        along = np.clip(((hx - xa) * (xb - xa) + (ha - aa) * (ab - aa) * hr**2)
                        / ((xb - xa) ** 2 + (ab - aa) ** 2 * hr**2 + 1e-9), 0, 1)
        distance = np.hypot(hx - xa - along * (xb - xa), (ha - aa - along * (ab - aa)) * hr)
        shade *= 1 - .8 * np.exp(-(distance / .0045) ** 2)
    if plan.blowhole:
        shade *= 1 - .8 * np.exp(-((hx - .165) / .012) ** 2 - ((ha - 1.57) * hr / .006) ** 2)
    colour[head] *= shade[:, None]
    if not plan.eye:
        return
    eye_x, eye_angle = plan.eye[0], np.radians(plan.eye[1])
    distance = np.hypot(hx - eye_x, (ha - eye_angle) * hr)
    colour[head] *= 1 - .92 * _smoothstep((.0135 - distance) * 300)[:, None]
    glint = np.hypot(hx - eye_x + .003, (ha - eye_angle) * hr - .004)
    colour[head] += .8 * _smoothstep((.0045 - glint) * 500)[:, None]


class _Canvas:
    """Colours and coverage at the supersampled size."""

    def __init__(self, size: int):
        self.size = size
        self.colour = np.zeros((size, size, 3), np.float32)
        self.cover = np.zeros((size, size), np.float32)

    def averaged(self) -> tuple[np.ndarray, np.ndarray]:
        half = self.size // SUPERSAMPLE
        shape = (half, SUPERSAMPLE, half, SUPERSAMPLE)
        colour = self.colour[0::2, 0::2] + self.colour[0::2, 1::2] + self.colour[1::2, 0::2] + self.colour[1::2, 1::2]
        return colour / SUPERSAMPLE**2, self.cover.reshape(shape).mean((1, 3))


def _draw_fin(canvas: _Canvas, view: _View, fin: Fin, side: int, growth: float, skin: _Skin, light: np.ndarray,
              texture_seed: int) -> None:
    """Draw one fin as a shaded polygon; `side` is +1 for the flank that faces the viewer's side, -1 for the other."""
    body, angle, direction = view.body, np.radians(fin.angle), np.radians(fin.direction)
    height, width = body.at(body.half_height, fin.x), body.at(body.half_width, fin.x)
    along, away = smooth_outline(fin.outline).T * growth
    y = body.at(body.centre, fin.x) + .8 * height * np.sin(angle) + away * np.sin(direction)
    z = side * (.8 * width * np.cos(angle) + away * np.cos(direction))
    columns, rows = view.project(fin.x + along, y, z)
    # A fin seen edge-on still has its thickness.
    thick = max(1, round(.011 * view.scale))
    left, top = int(max(0, columns.min() - thick)), int(max(0, rows.min() - thick))
    right = int(min(canvas.size, columns.max() + thick + 2))
    bottom = int(min(canvas.size, rows.max() + thick + 2))
    if right - left < 2 or bottom - top < 2:
        return
    layer = Image.new("L", (right - left, bottom - top))
    points = list(zip((columns - left).tolist(), (rows - top).tolist()))
    draw = ImageDraw.Draw(layer)
    draw.polygon(points, fill=255)
    draw.line([*points, points[0]], fill=255, width=thick)
    inside = np.asarray(layer) > 0
    up, forward = view.turn(np.cos(direction), -side * np.sin(direction))
    if forward < 0:
        up, forward = -up, -forward
    # The upper side of a level fin has the back's colour, its lower side the belly's.
    upper = np.cos(direction) * view.sin_up >= 0 if abs(np.cos(direction)) > .3 else True
    base = skin.back * .92 if upper else skin.back * .35 + skin.belly * .65
    if skin.paint:
        base = skin.paint.tones[fin.tone]
    lit = .45 + .55 * max(0., up * light[1] + forward * light[2])
    row, column = np.nonzero(inside)
    reach = np.hypot(column + left - columns[0], row + top - rows[0]) / (view.scale * .2)
    grain = _look_up(_tiles()["grain"], row + texture_seed, column + 2 * texture_seed)
    value = lit * (1.06 - .22 * np.clip(reach, 0, 1.4) + .06 * grain)
    if skin.paint:                                      # rays stiffen the fin
        turn = np.arctan2(row + top - rows[0], column + left - columns[0])
        value = value * (1 + .1 * np.cos(turn * 60)).astype(np.float32)
    canvas.colour[top:bottom, left:right][inside] = value[:, None] * base
    canvas.cover[top:bottom, left:right][inside] = 1


def _draw_body(canvas: _Canvas, view: _View, plan: BodyPlan, skin: _Skin, light: np.ndarray, scene: Scene,
               generator: np.random.Generator) -> None:
    """Draw the solid body: find each pixel's place on the skin, colour it, and light it."""
    body = view.body
    stations = np.linspace(0, 1, STATIONS)
    outline_column, outline_row = view.project(stations, body.centre, 0 * stations)
    reach = view.scale * max(body.half_height.max(), body.half_width.max()) + 2
    left, right = int(max(0, outline_column.min() - reach)), int(min(canvas.size, outline_column.max() + reach))
    top, bottom = int(max(0, outline_row.min() - reach)), int(min(canvas.size, outline_row.max() + reach))
    columns, rows = np.meshgrid(np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32))
    x, height = view.unproject(columns, rows)

    # As seen, the elliptic section has this half-height, and its skin is turned by this angle.
    radius = np.hypot(body.half_height * view.cos_up, body.half_width * view.sin_up)
    turn = np.arctan2(body.half_width * view.sin_up, body.half_height * view.cos_up)
    axis = body.centre * view.cos_up + body.offset(stations)
    station = np.clip(x * (STATIONS - 1), 0, STATIONS - 1).astype(np.int32)
    relative = (height - axis[station].astype(np.float32)) / radius[station].astype(np.float32)
    inside = (np.abs(relative) < 1) & (x > 0) & (x < 1)
    x, station, relative = x[inside], station[inside], relative[inside]
    column, row = columns[inside], rows[inside]
    angle = np.arcsin(relative) + turn[station].astype(np.float32)

    normal_y = np.sin(angle) / body.half_height[station].astype(np.float32)
    normal_z = np.cos(angle) / body.half_width[station].astype(np.float32)
    scale = 1 / np.hypot(normal_y, normal_z)
    up, forward = view.turn(normal_y * scale, normal_z * scale)
    taper = np.gradient(radius, stations).clip(-1.5, 1.5).astype(np.float32)[station] / view.cos_yaw
    along = -taper * np.cos(np.arcsin(relative))
    scale = 1 / np.sqrt(1 + along**2)
    along, up, forward = along * scale, up * scale, forward * scale
    along, forward = along * view.cos_yaw + forward * view.sin_yaw, forward * view.cos_yaw - along * view.sin_yaw

    offset = int(generator.integers(TILE))
    grain = _look_up(_tiles()["grain"], angle * 70 + offset, x * 420 + offset)
    cloud = _look_up(_tiles()["cloud"], angle * 40 + offset, x * 200)
    heights = body.half_height[station].astype(np.float32)
    if skin.paint:
        colour = _markings.painted(skin.paint, plan.marks, x, angle, heights, cloud) * (1 + .045 * grain)[:, None]
    else:
        share, dark = _pattern(skin, x, angle, cloud, grain)
        colour = (skin.belly + (skin.back - skin.belly) * share[:, None]) * (dark * (1 + .045 * grain))[:, None]
    _marks(plan, x, angle, heights, colour)

    diffuse = np.clip(along * light[0] + up * light[1] + forward * light[2], 0, 1)
    net = _look_up(_tiles()["net"], row * 150 / view.size + offset, column * 150 / view.size)
    shine = np.clip(along * light[0] * .5 + up * (light[1] + .1) * .8 + forward * (light[2] + 1) * .5, 0, 1) ** 22
    brightness = .34 + .62 * diffuse + .3 * net * np.clip(up, 0, 1) * (1 - scene.depth / 28)
    colour = colour * brightness[:, None] + (scene.gloss * shine)[:, None]
    canvas.colour[row.astype(np.int32), column.astype(np.int32)] = colour
    canvas.cover[row.astype(np.int32), column.astype(np.int32)] = 1


def _animal(plan: BodyPlan, scene: Scene, size: int, generator: np.random.Generator):
    """Return the animal's colours times coverage (size, size, 3) and its coverage (size, size)."""
    canvas = _Canvas(size * SUPERSAMPLE)
    view = _View(scene, plan, _individual(plan, scene, generator), canvas.size)
    skin = _skin(plan, scene, generator)
    light = np.float32((generator.uniform(-.5, .5), generator.uniform(.5, 1), generator.uniform(.3, .8)))
    light /= np.linalg.norm(light)
    parts = []
    for fin in plan.fins:
        growth = generator.uniform(*fin.growth)
        for side in (1, -1) if fin.paired else (1,):
            tip = np.sin(np.radians(fin.direction)) * view.sin_up + side * np.cos(np.radians(fin.direction)) * view.cos_up
            parts.append((fin.paired and tip > 0, fin, side, growth))
    for front in (False, True):
        if front:
            _draw_body(canvas, view, plan, skin, light, scene, generator)
        for in_front, fin, side, growth in parts:
            if in_front == front:
                _draw_fin(canvas, view, fin, side, growth, skin, light, scene.seed % TILE)
    colour, cover = canvas.averaged()
    return colour * plan.opacity, cover * plan.opacity, skin.pattern


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a three-tap kernel of the given standard deviation (at most .8 pixels) in both directions."""
    side = min(.32, sigma**2 / 2)
    for axis in (0, 1):
        image = np.moveaxis(image, axis, 0)
        out = image * (1 - 2 * side)
        out[1:] += side * image[:-1]
        out[:-1] += side * image[1:]
        out[0] += side * image[0]
        out[-1] += side * image[-1]
        image = np.moveaxis(out, 0, axis)
    return image


def render(plan: BodyPlan, scene: Scene, size: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Render one animal in one scene.

    Returns
    -------
    image : numpy.ndarray
        uint8, shape (size, size, 3).
    mask : numpy.ndarray
        bool, shape (size, size): where the animal is, occluded parts included.
    skin : str
        Name of the individual's skin pattern.
    """
    # Separate streams: the scene's textures must not depend on how many numbers the animal drew.
    world, animal = (np.random.default_rng([scene.seed, stream]) for stream in (0, 1))
    image, water = _background(scene, size, world)
    colour, cover, pattern = _animal(plan, scene, size, animal)
    colour, cover = (part[:, ::-1] if scene.facing == "right" else part for part in (colour, cover))
    dim = (1.08 - .38 * scene.depth / 25) * (1 - scene.turbidity)
    # Water swallows red first: what is deep or far looks blue.
    tint = 1 + (_hsv(scene.hue, .7, 1) - 1) * (.25 + .5 * scene.depth / 25)
    veiled = colour * tint * dim + water * scene.turbidity * cover[..., None]
    image = image * (1 - cover[..., None]) + veiled
    image = _foreground(image, scene, water, world)
    image = _blurred(image.astype(np.float32), scene.blur) * scene.light
    image += world.standard_normal(image.shape, dtype=np.float32) * scene.noise
    return (np.clip(image, 0, 1) * 255 + .5).astype(np.uint8), cover > .5, pattern
