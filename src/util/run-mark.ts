/** The file that bertune adds to a model's folder: what it has to remember of a run, and the sign that the folder is its own. */
export const RUN_MARK = 'bertune.json';
