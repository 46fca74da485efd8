"""Version of the portal, shown in the footer and in the change log."""

VERSION = "0.1.0"
