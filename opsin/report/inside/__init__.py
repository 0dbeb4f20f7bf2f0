"""Page that runs a trained network in the browser and shows its insides."""
