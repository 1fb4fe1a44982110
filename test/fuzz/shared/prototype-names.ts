/** Names that every object of JavaScript answers to: a parser that keeps names in plain objects takes them for something that it knows. */
export const prototypeNames = ['constructor', '__proto__', 'toString'] as const;
