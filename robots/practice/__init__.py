"""The practice municipality, Exempelstads kommun: systems that the robots can be tried on."""
