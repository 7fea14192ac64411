"""An Amazon Pay to develop, test, demonstrate and drill against: a real server on loopback."""
