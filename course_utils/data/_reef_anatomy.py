"""Body plans of the rendered reef fish: six forms of body, four species of each that differ in their marks.

The species are invented, in the way of real ones. Their names say what tells them from their neighbours.
"""

from dataclasses import replace

import numpy as np

from course_utils.data._anatomy import BodyPlan, Fin
from course_utils.data._markings import Bars, Dots, Eye, Patch, Spot, Stripes

__all__ = ["FAMILIES", "REEF_FISH"]

GROWTH = (.93, 1.08)


def _tail(*upper_half) -> Fin:
    """Return an upright tail fin, the same above and below."""
    lower_half = [(x, -y) for x, y in upper_half[::-1] if y > 0]
    return Fin((*upper_half, *lower_half), .985, 0, 90, growth=GROWTH)


TAILS = {
    "cut straight": ((-.06, .03), (.04, .065), (.13, .12), (.155, .115), (.155, .05), (.155, 0)),
    "rounded": ((-.06, .03), (.04, .07), (.11, .115), (.165, .10), (.19, .045), (.195, 0)),
    "forked": ((-.06, .03), (.04, .06), (.12, .13), (.205, .19), (.20, .165), (.15, .06), (.125, 0)),
    "crescent": ((-.06, .025), (.02, .05), (.08, .14), (.17, .235), (.165, .18), (.105, .07), (.09, 0)),
}


def _crest(profile, outline, sign: int) -> Fin:
    """Return a fin along the back (+1) or the belly (-1) from (place, height above the body) points.

    Its foot lies inside the body, so that a stouter or slimmer individual shows no gap.
    """
    px, py = np.transpose(outline)
    places, heights = np.transpose(profile)
    edge = np.interp(places, px, py)
    middle = float(np.mean(places[[0, -1]]))
    anchor = .8 * np.interp(middle, px, py)
    top = [(x - middle, e + h - anchor) for x, e, h in zip(places, edge, heights)]
    foot = [(x - middle, .45 * e - anchor) for x, e in zip(places[::-1], edge[::-1]) if x <= 1]
    return Fin((foot[-1], *top, *foot[:-1]), middle, 90 * sign, 90 * sign, growth=GROWTH)


def _form(back, belly, dorsal, anal, tail, pectoral, eye, mouth, width=.34, pelvic=True) -> BodyPlan:
    fins = [_crest(dorsal, back, 1), _crest(anal, belly, -1), _tail(*TAILS[tail])]
    length, turn = pectoral
    fins.append(Fin(((-.01, -.02), (.03, .02), (length * .7, .055), (length, .035), (length * .9, -.01), (.04, -.03)),
                    .30, turn, -35, paired=True, tone="pectoral", growth=GROWTH))
    if pelvic:
        fins.append(Fin(((-.01, -.03), (.03, .05), (.10, .12), (.12, .11), (.08, .02), (.05, -.03)), .30, -75, -80, paired=True,
                        growth=GROWTH))
    return BodyPlan(back, belly, width, tuple(fins), ("plain",), mouth=mouth, reach=1.17, stout=(.92, 1.1),
                    marks=(Eye(*eye),))


FORMS = {
    "butterflyfish": _form(
        back=((0, .010), (.06, .034), (.12, .085), (.20, .165), (.32, .245), (.48, .285), (.64, .265), (.80, .180), (.92, .075), (1, .058)),
        belly=((0, .010), (.06, .028), (.12, .065), (.20, .130), (.32, .205), (.48, .245), (.64, .235), (.80, .160), (.92, .070), (1, .056)),
        dorsal=((.26, .01), (.36, .075), (.52, .090), (.68, .105), (.82, .150), (.92, .135), (.97, .04)),
        anal=((.52, .01), (.62, .060), (.76, .105), (.88, .140), (.95, .09), (.97, .03)),
        tail="cut straight", pectoral=(.15, -12), eye=(.165, .22, .034), mouth=((0, -10), (.02, -14), (.035, -22)),
    ),
    "angelfish": _form(
        back=((0, .026), (.05, .070), (.12, .128), (.22, .195), (.36, .245), (.52, .255), (.68, .220), (.84, .145), (.94, .082), (1, .070)),
        belly=((0, .026), (.05, .060), (.12, .105), (.22, .165), (.36, .215), (.52, .235), (.68, .205), (.84, .135), (.94, .078), (1, .068)),
        dorsal=((.22, .01), (.34, .055), (.52, .075), (.70, .110), (.84, .190), (1.0, .300), (1.09, .285), (1.0, .160), (.95, .04)),
        anal=((.50, .01), (.62, .060), (.78, .110), (.90, .180), (1.03, .260), (1.08, .225), (1.0, .120), (.95, .03)),
        tail="rounded", pectoral=(.16, -15), eye=(.145, .25, .030), mouth=((0, -20), (.025, -28), (.045, -40)),
    ),
    "damselfish": _form(
        back=((0, .024), (.05, .070), (.12, .115), (.22, .160), (.36, .195), (.50, .198), (.66, .165), (.82, .105), (.94, .060), (1, .052)),
        belly=((0, .022), (.05, .060), (.12, .100), (.22, .140), (.36, .175), (.50, .180), (.66, .155), (.82, .100), (.94, .058), (1, .050)),
        dorsal=((.26, .01), (.34, .060), (.52, .065), (.66, .075), (.78, .125), (.88, .140), (.92, .03)),
        anal=((.56, .01), (.64, .050), (.74, .110), (.85, .115), (.90, .03)),
        tail="forked", pectoral=(.15, -10), eye=(.135, .18, .036), mouth=((0, -15), (.025, -25), (.04, -38)),
    ),
    "surgeonfish": _form(
        back=((0, .020), (.04, .080), (.10, .145), (.20, .195), (.34, .220), (.50, .212), (.68, .160), (.84, .080), (.94, .034), (1, .032)),
        belly=((0, .020), (.04, .058), (.10, .105), (.20, .155), (.34, .190), (.50, .192), (.68, .150), (.84, .076), (.94, .032), (1, .030)),
        dorsal=((.20, .01), (.28, .060), (.46, .072), (.64, .075), (.80, .078), (.90, .070), (.93, .02)),
        anal=((.40, .01), (.50, .055), (.68, .066), (.82, .070), (.90, .060), (.93, .02)),
        tail="crescent", pectoral=(.17, -8), eye=(.130, .48, .027), mouth=((0, -30), (.02, -40), (.03, -50)),
    ),
    "wrasse": _form(
        back=((0, .014), (.05, .045), (.12, .080), (.22, .108), (.36, .120), (.52, .116), (.70, .096), (.86, .070), (.95, .060), (1, .060)),
        belly=((0, .014), (.05, .038), (.12, .068), (.22, .094), (.36, .108), (.52, .106), (.70, .090), (.86, .066), (.95, .058), (1, .058)),
        dorsal=((.24, .01), (.30, .040), (.50, .048), (.70, .052), (.84, .060), (.90, .050), (.93, .01)),
        anal=((.52, .01), (.58, .040), (.74, .048), (.86, .052), (.92, .01)),
        tail="rounded", pectoral=(.13, -5), eye=(.130, .28, .023), mouth=((0, -12), (.03, -18), (.055, -20)), width=.55,
    ),
    "hind": _form(
        back=((0, .016), (.05, .062), (.13, .112), (.24, .150), (.38, .166), (.52, .160), (.68, .128), (.84, .084), (.94, .064), (1, .062)),
        belly=((0, .030), (.05, .064), (.13, .100), (.24, .130), (.38, .146), (.52, .142), (.68, .116), (.84, .080), (.94, .062), (1, .060)),
        dorsal=((.24, .01), (.30, .065), (.46, .060), (.58, .050), (.70, .085), (.82, .090), (.88, .03)),
        anal=((.58, .01), (.64, .050), (.74, .095), (.84, .085), (.88, .03)),
        tail="rounded", pectoral=(.16, -18), eye=(.150, .45, .026), mouth=((0, -5), (.05, -16), (.10, -34), (.12, -42)), width=.60,
    ),
}
FAMILIES = tuple(FORMS)

MARKS = {
    "eyebar butterflyfish": (Bars((.165,), .060),),
    "bandtail butterflyfish": (Bars((.165,), .060), Bars((.93,), .075)),
    "eyespot butterflyfish": (Bars((.165,), .060), Spot(.80, .42, .052, "dark", "pale")),
    "saddle butterflyfish": (Bars((.165,), .060), Patch("dark", .48, .80, .30, 1.2, .10)),
    "threebar angelfish": (Bars((.28, .55, .82), .085),),
    "fivebar angelfish": (Bars((.20, .37, .54, .71, .88), .060),),
    "crescent angelfish": (Bars((.50,), .085, "pale", bow=.16),),
    "masked angelfish": (Patch("dark", -.1, .27),),
    "threebar damselfish": (Bars((.20, .50, .80), .095),),
    "onespot damselfish": (Spot(.56, .60, .058),),
    "halfdark damselfish": (Patch("dark", .56, 1.1, slant=-.04),),
    "paleface damselfish": (Patch("pale", -.1, .19),),
    "lined surgeonfish": (Stripes((-.75, -.5, -.25, 0, .25, .5, .75), .020),),
    "shoulder surgeonfish": (Stripes((.25,), .052, "dark", .26, .56),),
    "collar surgeonfish": (Bars((.235,), .060, "pale"),),
    "spinemark surgeonfish": (Spot(.90, 0, .055, "accent", "dark"),),
    "midstripe wrasse": (Stripes((.05,), .052),),
    "twostripe wrasse": (Stripes((.45, -.35), .040),),
    "sixbar wrasse": (Bars((.22, .36, .50, .64, .78, .92), .055),),
    "chevron wrasse": (Bars((.18, .32, .46, .60, .74, .88), .045, bow=.09),),
    "dotted hind": (Dots(.066, .018),),
    "blotched hind": (Dots(.15, .050),),
    "saddleback hind": (Bars((.34, .58, .82), .120, bottom=.25),),
    "headdot hind": (Dots(.060, .017, end=.34),),
}


def _species(name: str, marks: tuple) -> BodyPlan:
    form = FORMS[name.split()[-1]]
    return replace(form, marks=(*marks, *form.marks))


REEF_FISH = {name.replace(" ", "_"): _species(name, MARKS[name]) for name in sorted(MARKS)}
