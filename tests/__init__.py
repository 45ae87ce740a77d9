"""What the product promises about itself."""
