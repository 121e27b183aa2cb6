"""What the person chose: flags, environment, `.env`, preset and catalog, folded into one value."""
