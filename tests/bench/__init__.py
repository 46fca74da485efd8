"""Speed and weight of the portal, measured beside plain yardsticks in the same run."""
