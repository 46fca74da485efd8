"""A made-up supplier with three years of history, for trying the portal out.

The data are written as an ordinary billing-exchange package and come in by the ordinary import:
a demo installation runs the same import code as a real one.
"""
