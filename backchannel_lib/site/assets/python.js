// @ts-check
// How Python is started, in the build and in the browser alike: a snapshot fits only what it was made with.

export const LIBRARY_FOLDER = "/library";
export const ENVIRONMENT = { HOME: "/home", BACKCHANNEL_WORK: "/home/saved", BACKCHANNEL_HOST: "browser", PYTHONOPTIMIZE: "2" };
