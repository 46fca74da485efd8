"""Billing export of another supplier: test data written from the format's description alone.

Nothing here imports code of the portal, so a misunderstanding of the format cannot hide on both
sides. ``write_package`` writes a billing-exchange/1.0 package, ``reference`` reads one back by
itself, ``broken`` damages one in a single known place.
"""

from tests.other_supplier.package import write_package

__all__ = ["write_package"]
