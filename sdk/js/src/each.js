// Batches: one answer per item, and one bad item spoils only itself.

import { Failure } from "./failure.js";

/** Answers item by item. A `Failure` that `answer` throws is the answer for its item; anything else is a mistake of the adapter and goes on. */
export function each(items, answer) {
  return items.map((item, index) => {
    try {
      return answer(item, index);
    } catch (error) {
      if (error instanceof Failure) {
        return error;
      }
      throw error;
    }
  });
}
