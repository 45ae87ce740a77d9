"""An answer as the outside reads it: JSON, GeoJSON or CSV, labelled, with nothing the profile may not see."""
