"""Body plans of the rendered sea animals: outlines, fins and marks, in units of the body's length.

Body frame: x runs from the snout (0) to the root of the tail (1), y up, z towards the left flank. An angle on
the body is 0 on the flank, +90 degrees on the back, -90 degrees on the belly.
"""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["BODY_PLANS", "BodyPlan", "Fin", "smooth_outline"]


@dataclass(frozen=True)
class Fin:
    """A flat fin: an outline in the plane that is spanned by the body's axis and one direction.

    Attributes
    ----------
    outline : tuple of (float, float)
        Control points (along the body, away from the body), drawn as a smooth closed curve.
    x, angle : float
        Where the fin's origin sits on the body: position along it, and angle on it in degrees.
    direction : float
        Angle in degrees, in the plane across the body, in which the fin points; 90 is straight up.
    paired : bool
        Whether the other flank carries the mirror image.
    tone : str
        Name of the fin's colour, on a fish with marks.
    growth : tuple of float
        Smallest and largest size of an individual's fin.
    """

    outline: tuple
    x: float
    angle: float
    direction: float
    paired: bool = False
    tone: str = "fins"
    growth: tuple = (.82, 1.18)


@dataclass(frozen=True)
class BodyPlan:
    """What makes a species: everything here is shape or mark, never colour, pose or scene."""

    back: tuple            # (x, half-height above the axis) control points
    belly: tuple           # (x, half-height below the axis)
    width: float           # half-width of the cross-section / its half-height
    fins: tuple
    skins: tuple           # names of the skin patterns that the species comes in
    eye: tuple = ()        # (x, angle in degrees)
    gill_slits: int = 0
    mouth: tuple = field(default=())   # (x, angle in degrees) control points of the mouth's line
    blowhole: bool = False
    reach: float = 1.12    # how far the last fin reaches behind the snout
    bank: float = 0.       # degrees that it turns its back to the viewer, so that a flat animal is not seen edge-on
    pitch: float = 0.      # degrees that it swims nose up
    opacity: float = 1.
    stout: tuple = (.9, 1.25)   # slimmest and stoutest individual
    marks: tuple = ()      # of `_markings`, painted one over the other; with them the skin has colours of its own


SHARK = BodyPlan(
    back=((0, .004), (.03, .026), (.10, .052), (.20, .080), (.36, .104), (.50, .092), (.66, .058),
          (.82, .030), (.93, .020), (1, .022)),
    belly=((0, .006), (.03, .020), (.10, .040), (.20, .066), (.36, .088), (.50, .080), (.66, .048),
           (.82, .024), (.93, .017), (1, .020)),
    width=.92,
    fins=(
        Fin(((-.02, -.05), (.06, .06), (.125, .150), (.150, .158), (.148, .11), (.165, .03), (.215, .012), (.15, -.05)),
            .36, 88, 90),                                                               # first dorsal, upright triangle
        Fin(((0, -.02), (.03, .03), (.055, .044), (.05, .015), (.08, .004), (.05, -.02)), .73, 88, 90),   # second dorsal
        Fin(((0, -.02), (.03, .025), (.055, .038), (.05, .012), (.07, .003), (.05, -.02)), .76, -88, -90),  # anal
        Fin(((0, -.02), (.04, .035), (.075, .050), (.065, .015), (.08, -.02)), .60, -60, -60, paired=True),  # pelvic
        Fin(((-.02, -.05), (.05, .07), (.13, .19), (.165, .235), (.172, .20), (.150, .10), (.125, .02), (.09, -.05)),
            .27, -52, -38, paired=True),                                                # pectoral, long and straight
        Fin(((-.05, .0), (.02, .045), (.09, .15), (.145, .225), (.155, .215), (.115, .10), (.085, .035),
             (.088, -.015), (.115, -.085), (.105, -.105), (.045, -.055), (-.01, -.022)), .985, 0, 90),  # upright tail
    ),
    skins=("plain", "bars", "spots", "mottled"),
    eye=(.085, 14),
    gill_slits=5,
    mouth=((.055, -88), (.085, -60), (.11, -36)),
)

DOLPHIN = BodyPlan(
    back=((0, .012), (.03, .017), (.075, .023), (.095, .040), (.13, .066), (.20, .088), (.38, .106),
          (.54, .092), (.72, .056), (.88, .028), (.96, .018), (1, .014)),
    belly=((0, .008), (.03, .014), (.075, .020), (.10, .030), (.15, .056), (.24, .082), (.38, .094),
           (.54, .080), (.72, .046), (.88, .024), (.96, .016), (1, .013)),
    width=.90,
    fins=(
        Fin(((-.02, -.05), (.05, .06), (.115, .118), (.180, .135), (.188, .128), (.158, .085), (.152, .02), (.15, -.05)),
            .44, 88, 90),                                                               # dorsal, swept back in a hook
        Fin(((-.01, -.04), (.04, .05), (.10, .115), (.135, .140), (.142, .128), (.120, .06), (.085, .01), (.07, -.04)),
            .25, -50, -48, paired=True),                                                # flipper, short and curved
        Fin(((-.05, -.012), (.0, .05), (.065, .125), (.115, .165), (.122, .155), (.098, .085), (.088, .035),
             (.072, .0), (.088, -.035), (.098, -.085), (.122, -.155), (.115, -.165), (.065, -.125), (.0, -.05)),
            .985, 0, 0),                                                                # level flukes with a notch
    ),
    skins=("plain", "cape", "hourglass", "speckled"),
    eye=(.135, 2),
    mouth=((.0, -16), (.05, -20), (.095, -16), (.118, 2)),
    blowhole=True,
)

# Drawn as a flat disc whose sides are the wings, and a whip behind it.
RAY = BodyPlan(
    back=((0, .006), (.05, .014), (.14, .026), (.30, .053), (.36, .054), (.46, .036), (.58, .014), (.62, .0055), (.80, .0024),
          (1, .001)),
    belly=((0, .004), (.05, .010), (.14, .020), (.30, .044), (.36, .046), (.46, .030), (.58, .012), (.62, .0045), (.80, .0022),
           (1, .001)),
    width=7.2,
    fins=(
        Fin(((-.02, -.01), (.02, .03), (.07, .055), (.085, .045), (.07, .0), (.03, -.02)), .585, 0, 0, paired=True),  # pelvic
        Fin(((-.02, -.02), (.03, .022), (.055, .030), (.05, .010), (.06, -.015)), .74, 88, 90),    # small, on the whip
    ),
    skins=("plain", "spots", "mottled", "speckled"),
    eye=(.115, 52),
    mouth=((.06, -80), (.065, -90), (.06, -100)),
    reach=1.02, bank=38,
)

TURTLE = BodyPlan(
    back=((0, .020), (.03, .044), (.08, .056), (.13, .050), (.18, .044), (.21, .070), (.27, .120), (.42, .170), (.58, .164),
          (.74, .112), (.86, .050), (.92, .022), (.96, .010), (1, .004)),
    belly=((0, .016), (.03, .034), (.08, .044), (.13, .042), (.18, .040), (.21, .050), (.27, .070), (.42, .086), (.58, .084),
           (.74, .062), (.86, .034), (.92, .018), (.96, .009), (1, .004)),
    width=1.75,
    fins=(
        Fin(((-.03, -.06), (.0, .06), (.05, .17), (.14, .29), (.22, .345), (.25, .33), (.20, .24), (.14, .14), (.12, .04), (.10, -.06)),
            .25, -8, -14, paired=True),                                                 # front flipper, long and narrow
        Fin(((-.04, -.06), (.0, .05), (.07, .12), (.14, .15), (.15, .12), (.10, .05), (.07, -.05)),
            .76, -8, -18, paired=True),                                                 # rear flipper, a short paddle
    ),
    skins=("scutes", "scutes and spots", "scutes and rays"),
    eye=(.052, 18),
    mouth=((.0, -30), (.035, -34), (.065, -20)),
    reach=1.02, bank=24,
)


def _tentacle(x: float, angle: float, length: float, phase: float) -> Fin:
    """Return a pair of thin waving threads that hang from the rim of a bell."""
    places = np.linspace(0, 1, 9)
    middle = .035 * np.sin(7 * places + phase) * (.3 + places) - .10 * places
    half = .009 * (1 - .75 * places)
    outline = [*zip(length * places, middle + half), *zip(length * places[::-1], (middle - half)[::-1])]
    return Fin(tuple(outline), x, angle, angle, paired=True)


JELLYFISH = BodyPlan(
    back=((0, .030), (.02, .110), (.06, .175), (.12, .225), (.20, .262), (.29, .280), (.35, .270), (.38, .225), (.40, .075),
          (.46, .066), (.58, .052), (.70, .034), (.82, .014), (.90, .004), (1, .001)),
    belly=((0, .030), (.02, .110), (.06, .175), (.12, .225), (.20, .262), (.29, .280), (.35, .270), (.38, .225), (.40, .075),
           (.46, .062), (.58, .044), (.70, .030), (.82, .012), (.90, .004), (1, .001)),
    width=1.,
    fins=tuple(_tentacle(.355, angle, length, phase) for angle, length, phase in
               ((80, .62, .2), (48, .50, 1.7), (14, .66, 3.1), (-22, .56, 4.4), (-55, .64, 5.6), (-84, .48, 2.4))),
    skins=("ribs", "ribs and spots", "clover"),
    reach=1.03, pitch=48, opacity=.82,
)

BODY_PLANS = {"dolphin": DOLPHIN, "jellyfish": JELLYFISH, "ray": RAY, "shark": SHARK, "turtle": TURTLE}


def smooth_outline(points, samples_per_point: int = 4) -> np.ndarray:
    """Return a closed Catmull-Rom curve through control points, shape (n x samples_per_point, 2)."""
    points = np.asarray(points, dtype=np.float64)
    before, after, second = np.roll(points, 1, 0), np.roll(points, -1, 0), np.roll(points, -2, 0)
    t = (np.arange(samples_per_point) / samples_per_point)[None, :, None]
    p0, p1, p2, p3 = (p[:, None, :] for p in (before, points, after, second))
    curve = .5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    return curve.reshape(-1, 2)
