"""Several tasks, one network: what is shared, how it is trained, and how to tell whether the tasks agree (lesson 05)."""

__all__: list[str] = []
