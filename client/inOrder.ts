/** Of several questions that are under way an answer counts unless a later question was answered before. */

/** Begins a question; the function says of its answer whether it counts. */
export type Begin = () => () => boolean;

export function inOrder(): Begin {
  let [asked, answered] = [0, 0];
  return () => {
    const mine = ++asked;
    return () => {
      if (mine < answered) return false;
      answered = mine;
      return true;
    };
  };
}
