"""payconsole: the terminal console in which support staff look after Amazon Pay orders."""

__version__ = "0.1.0"
