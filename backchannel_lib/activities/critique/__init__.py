"""Reading the article critically: support, studies, disagreements and collisions."""
