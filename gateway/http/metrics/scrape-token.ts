/** The token that lets a program read `/metrics`, and the doctor of the command line ask about an uplink: its owner copies it into the scraper. */
export const scrapeTokenFile = 'metrics.token';
