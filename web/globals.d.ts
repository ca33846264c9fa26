// What argon2id.js and ocapi.js give to the worker of solver.js, for `tsc --checkJs` alone.
interface Argon2idRecipe {
  passes: number;
  memory: number;
  lanes: number;
  length: number;
  salt: Uint8Array;
  secret?: Uint8Array;
  associated?: Uint8Array;
}
interface Argon2idKitchen {
  buffer: ArrayBuffer;
  mix(prev: number, ref: number, out: number): void;
  mixInto(prev: number, ref: number, out: number): void;
}
declare function kitchenFor(recipe: Argon2idRecipe): Argon2idKitchen;
declare function argon2id(password: Uint8Array, recipe: Argon2idRecipe, kitchen: Argon2idKitchen): Uint8Array;
declare function pbkdf2(password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array;
declare function importScripts(...urls: string[]): void;
