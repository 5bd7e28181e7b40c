"""What the containers have in common: collaborators that can be replaced by name."""

from functools import cached_property


class Collaborators:
    def override(self, **collaborators: object) -> None:
        """Replace collaborators by name. What is built already keeps those that it was built with.

        Raises TypeError for a name that the container doesn't have.
        """
        for name in collaborators:
            if not isinstance(vars(type(self)).get(name), cached_property):
                raise TypeError(f"the container has no collaborator {name}")
        self.__dict__.update(collaborators)
