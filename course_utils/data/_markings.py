"""Colours and marks of rendered fish: bars, stripes, spots and patches, painted on the skin.

A mark knows where it lies: `x` runs from the snout (0) to the root of the tail (1), `v` from the belly (-1) to the
back (+1). Which marks a fish carries tells the species. Which colours it wears is drawn for each individual without
looking at the species.
"""

import colorsys
from dataclasses import dataclass

import numpy as np

__all__ = ["Bars", "Dots", "Eye", "Paint", "Patch", "Spot", "Stripes", "draw_paint", "painted"]

SOFT = .009          # how far the edge of a mark runs, in body lengths


@dataclass(frozen=True)
class Bars:
    """Bands across the body, each at one of the places `at`; `bow` bends them forward (+) in the middle like a <."""

    at: tuple
    width: float
    tone: str = "dark"
    bottom: float = -1.2
    top: float = 1.2
    slant: float = 0.
    bow: float = 0.

    def cover(self, place: "_Place") -> np.ndarray:
        along = place.x - self.slant * place.v + self.bow * (1 - np.abs(place.v))
        nearest = np.min([np.abs(along - at) for at in self.at], axis=0)
        return place.inside(self.width * place.size / 2 - nearest) * place.between(place.v, self.bottom, self.top, .12)


@dataclass(frozen=True)
class Stripes:
    """Lines along the body, each at one of the heights `at`."""

    at: tuple
    width: float              # in body lengths
    tone: str = "dark"
    start: float = -.1
    end: float = 1.1
    rise: float = 0.

    def cover(self, place: "_Place") -> np.ndarray:
        level = place.v - self.rise * (place.x - .5)
        nearest = np.min([np.abs(level - at) for at in self.at], axis=0) * place.height
        return place.inside(self.width * place.size / 2 - nearest) * place.between(place.x, self.start, self.end, .02)


@dataclass(frozen=True)
class Spot:
    """One round spot, with a ring of another colour if `ring` names one."""

    x: float
    v: float
    radius: float
    tone: str = "dark"
    ring: str = ""

    def distance(self, place: "_Place") -> np.ndarray:
        return np.hypot(place.x - self.x, (place.v - self.v) * place.height)

    def cover(self, place: "_Place") -> np.ndarray:
        return place.inside(self.radius * place.size - self.distance(place))


@dataclass(frozen=True)
class Dots:
    """Many spots, `spacing` apart, between two places along and across the body."""

    spacing: float
    radius: float
    tone: str = "dark"
    start: float = -.1
    end: float = 1.1
    bottom: float = -1.2
    top: float = 1.2

    def cover(self, place: "_Place") -> np.ndarray:
        across = place.v * place.height / self.spacing
        row = np.round(across)
        along = place.x / self.spacing + .5 * (row % 2)
        # No two dots lie on a line: each is moved a little, by a number made from its place.
        column = np.round(along)
        shake = np.sin(column * 12.99 + row * 78.23 + place.phase) * .22
        distance = np.hypot(along - column - shake, across - row - .8 * shake) * self.spacing
        size = self.radius * (1 + .25 * np.sin(column * 5.1 + row * 3.7 + place.phase))
        return (place.inside(size * place.size - distance) * place.between(place.x, self.start, self.end, .01)
                * place.between(place.v, self.bottom, self.top, .05))


@dataclass(frozen=True)
class Patch:
    """A part of the body in another colour, from `start` to `end` and from `bottom` to `top`."""

    tone: str
    start: float = -.1
    end: float = 1.1
    bottom: float = -1.2
    top: float = 1.2
    slant: float = 0.

    def cover(self, place: "_Place") -> np.ndarray:
        return (place.between(place.x - self.slant * place.v, self.start, self.end, SOFT)
                * place.between(place.v, self.bottom, self.top, .06))


@dataclass(frozen=True)
class Eye:
    """The eye, painted over everything: an iris and a pupil."""

    x: float
    v: float
    radius: float


@dataclass(frozen=True)
class Paint:
    """Colours of one individual by name, and how its marks are made out."""

    tones: dict
    shade: float          # between back and belly
    blend: float          # how much of a mark's colour shows
    size: float           # of all its marks
    shift: float          # of all its marks, along the body
    phase: float


@dataclass
class _Place:
    """Places on the skin, arrays of shape (n,), with the helpers that draw edges there."""

    x: np.ndarray
    v: np.ndarray
    height: np.ndarray
    size: float
    phase: float

    def inside(self, depth: np.ndarray) -> np.ndarray:
        """Return 1 inside a mark, 0 outside, from the signed distance to its edge."""
        return np.clip(.5 + depth / SOFT, 0, 1)

    @staticmethod
    def between(values: np.ndarray, low: float, high: float, soft: float) -> np.ndarray:
        return np.clip(.5 + (values - low) / soft, 0, 1) * np.clip(.5 + (high - values) / soft, 0, 1)


def _colour(hue: float, saturation: float, value: float) -> np.ndarray:
    return np.float32(colorsys.hsv_to_rgb(hue % 1, saturation, value))


def draw_paint(scene, generator: np.random.Generator) -> Paint:
    """Draw the colours of one individual; the species has no part in it.

    Parameters
    ----------
    scene : Scene
        Its `skin_hue`, `skin_lightness` and `contrast` set the ground colour and how strongly marks stand out.
    generator : numpy.random.Generator
        Of the other colours.
    """
    uniform = generator.uniform
    hue, lightness = (scene.skin_hue - 15) / 245, (scene.skin_lightness - .34) / .38
    ground = _colour(hue, uniform(.35, .9), .62 + .33 * lightness)
    accent = _colour(hue + uniform(.22, .78), uniform(.55, .95), uniform(.7, 1.))
    dark = _colour(uniform(0, 1), uniform(.3, .8), uniform(.05, .2))
    pale = _colour(uniform(.08, .6), uniform(.02, .16), uniform(.92, 1.))
    fins = (ground * .9, ground * .6 + pale * .4, accent)[generator.integers(3)]
    tones = {"ground": ground, "accent": accent, "dark": dark, "pale": pale, "fins": fins, "pectoral": .7 * ground + .3 * pale}
    return Paint(tones, uniform(.15, .6), .8 + .2 * (scene.contrast - .25) / .7, uniform(.82, 1.22), uniform(-.012, .012),
                 uniform(0, 6))


def painted(paint: Paint, marks: tuple, x: np.ndarray, angle: np.ndarray, height: np.ndarray,
            cloud: np.ndarray) -> np.ndarray:
    """Return the colours of a fish at places on its skin.

    Parameters
    ----------
    paint : Paint
        Of the individual.
    marks : tuple of marks
        Of the species, each painted over the earlier ones.
    x, angle, height, cloud : numpy.ndarray, shape (n,)
        Position along the body, angle on it in radians (0 on the flank), half-height of the body there, and noise.

    Returns
    -------
    numpy.ndarray
        float32, shape (n, 3).
    """
    x, v = x.astype(np.float32), np.sin(angle).astype(np.float32)
    wavy = _Place(x - np.float32(paint.shift) + .004 * cloud, v, height, paint.size, paint.phase)
    # Countershading: a darker back and a paler belly, as on most fish.
    shade = 1 - paint.shade * .45 * np.clip(v + .1, 0, 1)
    belly = np.clip(-v - .35, 0, 1) * paint.shade
    colour = paint.tones["ground"] * shade[:, None] * (1 + .05 * cloud)[:, None]
    colour += (paint.tones["pale"] - colour) * belly[:, None]
    colour *= (1 + .06 * np.cos(x * 260) * np.cos(v * height * 260))[:, None]          # scales
    eyes = [mark for mark in marks if isinstance(mark, Eye)]
    for mark in marks:
        if isinstance(mark, Eye):
            continue
        if getattr(mark, "ring", ""):
            outer = wavy.inside(1.5 * mark.radius * paint.size - mark.distance(wavy)) * paint.blend
            colour += (paint.tones[mark.ring] - colour) * outer[:, None]
        colour += (paint.tones[mark.tone] - colour) * (mark.cover(wavy) * paint.blend).astype(np.float32)[:, None]
    head = np.flatnonzero(x < .36)
    hx, hv, hh = x[head], v[head], height[head]
    cover_line = np.abs(hx - .255 - .05 * (1 - (hv / .75) ** 2) + .03) + .05 * (np.abs(hv + .05) > .72)
    colour[head] *= 1 - .4 * np.exp(-(cover_line / .007) ** 2)[:, None]                # rim of the gill cover
    for eye in eyes:
        distance = np.hypot(hx - eye.x, (hv - eye.v) * hh) / eye.radius
        for reach, tone in ((1.12, _colour(.6, .3, .1)), (1., paint.tones["accent"] * .5 + paint.tones["pale"] * .5),
                            (.62, _colour(.6, .5, .03))):
            colour[head] += (tone - colour[head]) * np.clip(.5 + (reach - distance) * 4, 0, 1)[:, None]
        glint = np.hypot(hx - eye.x + .25 * eye.radius, (hv - eye.v) * hh - .3 * eye.radius) / eye.radius
        colour[head] += .8 * np.clip(1.3 - glint * 4, 0, 1)[:, None]
    return colour.astype(np.float32)
