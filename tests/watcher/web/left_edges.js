// Where each character of some words is drawn.
(parent, words) => {
  const range = document.createRange(), texts = document.createTreeWalker(parent, 4);
  while (texts.nextNode()) {
    const at = texts.currentNode.data.indexOf(words);
    if (at < 0) continue;
    return [...words].map((_, index) => {
      range.setStart(texts.currentNode, at + index);
      range.setEnd(texts.currentNode, at + index + 1);
      return range.getBoundingClientRect().left;
    });
  }
}
