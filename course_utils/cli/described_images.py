"""A renderer for MyST-NB that carries the alt text of a notebook's figures into the page.

Our figures keep it in the output's metadata, ``metadata["image/png"]["alt"]``. MyST-NB itself looks only at
the metadata of the *cell*, which several figures would have to share. pyproject.toml announces the class
under ``myst_nb.renderers``, and :mod:`course_utils.cli.site` asks for it.
"""

from myst_nb.core.render import MimeData, NbElementRenderer

__all__ = ["DescribedImages"]


class DescribedImages(NbElementRenderer):
    """MyST-NB's renderer, with alt text from the metadata of each output."""

    def render_image(self, data: MimeData) -> list:
        """Render an image output and give it its own alt text."""
        nodes = super().render_image(data)
        if alt := data.output_metadata.get(data.mime_type, {}).get("alt"):
            nodes[0]["alt"] = alt
        return nodes
