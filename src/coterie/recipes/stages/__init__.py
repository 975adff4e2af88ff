"""What the stages of a recipe do: each saves its result and adds its chapter to the page."""
