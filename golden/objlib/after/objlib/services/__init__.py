"""What the user interfaces call: small async facades over blocking code."""
