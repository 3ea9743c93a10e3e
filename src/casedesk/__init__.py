"""CaseDesk: case management for migrant support centres, offline first."""

VERSION = "0.1.0"
