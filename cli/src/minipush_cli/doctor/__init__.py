"""`minipush doctor`: what is wrong with a deployment, and the next command."""
