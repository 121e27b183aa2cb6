"""From declared tools to what every edge serves: schemas, scopes, checked calls."""
