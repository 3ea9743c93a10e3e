"""Reports on the screen: the list of them, their figures and charts, and the ways out."""
