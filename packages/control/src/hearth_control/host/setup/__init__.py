"""Setting a machine up for Hearth: what there is, the steps to what should be, taking them."""
