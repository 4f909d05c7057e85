"""What the robot keeps on one person: found, handed out (art. 15 of the GDPR) and erased (art. 17)."""
