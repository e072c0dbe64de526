/** The variable by which a process and all that descend from it are known as ours. */
export const OWNER_VARIABLE = "TILTISH_OWNER";

/** Value of the mark: which store, and which of its objects. */
export const ownerOf = (storeId: string, uid: string): string => `${storeId}/${uid}`;

/** As it stands in the environment of the processes of one object. */
export const markOfObject = (owner: string): string => `${OWNER_VARIABLE}=${owner}`;

/** How it begins for every object of a store. */
export const markOfStore = (storeId: string): string => `${OWNER_VARIABLE}=${storeId}/`;

/** The variable by which the guard of a store is known, so that the next server can take its work over. */
export const GUARD_VARIABLE = "TILTISH_GUARD";
