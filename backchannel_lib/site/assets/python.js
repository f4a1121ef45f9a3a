// @ts-check
// Starts Python the same way in the build and in the browser, because a snapshot works only with the same setup.

export const LIBRARY_FOLDER = "/library";
export const ENVIRONMENT = { HOME: "/home", BACKCHANNEL_WORK: "/home/saved", BACKCHANNEL_HOST: "browser", PYTHONOPTIMIZE: "2" };
