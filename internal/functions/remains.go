package functions

// hostVariable tells processes of functions who runs them, so that what is left of one that was killed can be told from what another one has.
const hostVariable = "GANGWAY_HOST"

// ownerFile is the same for a folder with runtimes.
const ownerFile = "host"

// folderName is how these folders are called in the one for temporary files.
const folderName = "gangway-functions-"
