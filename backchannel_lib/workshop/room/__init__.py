"""One room's server: the pages of the projector and of whoever leads the session, with one session behind them."""
