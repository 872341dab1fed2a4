/** The feed does what no feed of ours does. What it has told is kept, nothing more is taken from this stream, and the guard does not become fresh by it. */
export class FeedBroken extends Error {
  override readonly name = 'FeedBroken'
}
