"""A "foreign" billing export: test data written by somebody who read only the format.

Nothing here imports project code.  `write_package` writes a billing-exchange/1.0 package,
`reference` reads one back on its own, `broken` damages one in a single known place.
"""

from tests.foreign.package import write_package

__all__ = ["write_package"]
