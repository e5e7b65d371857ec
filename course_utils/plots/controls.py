"""A figure with controls: sliders and menus in JupyterLab, one picture where nobody can move them (lesson 01)."""

import inspect
from collections.abc import Callable

from matplotlib.figure import Figure

from course_utils import settings
from course_utils.errors import DataError
from course_utils.plots._canvas import show

__all__ = ["explore"]


def explore(draw: Callable[..., Figure], **controls) -> None:
    """Show a figure that the reader can question with controls. Introduced in lesson 01.

    When the run is stored to be read later (``COURSE_STATIC=1``, which ``course run`` sets), the figure is shown once,
    with the defaults of `draw`.

    Parameters
    ----------
    draw : callable
        Takes the controls' values by name and returns a Figure with alt text. It has a default for each.
    **controls : list, or tuple (lowest, highest, step)
        A list becomes a menu, a tuple a slider.

    Raises
    ------
    DataError
        If a control is neither, or `draw` has no default for it, or one outside the control.
    """
    parameters = inspect.signature(draw).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()
                if parameter.default is not inspect.Parameter.empty}
    for name, choice in controls.items():
        if name not in defaults:
            raise DataError(f"The function {draw.__name__} has no parameter {name!r} with a default.",
                            f"write def {draw.__name__}({name}=...).")
        if not isinstance(choice, list) and not (isinstance(choice, tuple) and len(choice) == 3):
            raise DataError(f"The control {name!r} is {choice!r}.", "give a list, or (lowest, highest, step).")
        inside = defaults[name] in choice if isinstance(choice, list) else choice[0] <= defaults[name] <= choice[1]
        if not inside:
            raise DataError(f"The default of {name!r}, {defaults[name]!r}, is not among its choices {choice!r}.",
                            f"add it, or give {draw.__name__} another default.")
    if settings.is_static():
        show(draw(**{name: defaults[name] for name in controls}))
        return
    import ipywidgets

    made = {}
    for name, choice in controls.items():
        label = name.replace("_", " ")
        look = {"value": defaults[name], "description": label, "tooltip": label,
                "style": {"description_width": "initial"}, "layout": {"width": "28em"}}
        if isinstance(choice, list):
            made[name] = ipywidgets.Dropdown(options=choice, **look)
        else:
            lowest, highest, step = choice
            whole = all(isinstance(number, int) for number in (*choice, defaults[name]))
            slider = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
            made[name] = slider(  # a drawing for each pixel of the way would lag behind the hand
                min=lowest, max=highest, step=step, continuous_update=False, **look)
    ipywidgets.interact(lambda **values: show(draw(**values)), **made)
