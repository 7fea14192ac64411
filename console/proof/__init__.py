"""An exhaustive model of how an action that moves money is carried out, in a small scope."""
