"""The directory: partners with their services, recruiters and agencies. Facts and counts only."""
