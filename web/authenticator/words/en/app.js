// English: the words of the frame, of linking and of approvals. The other languages have the same keys.
export default {
  appName: 'Countersign',
  skip: 'Skip to the content',
  places: 'Places of the app',
  placeApprovals: 'Approvals',
  cancel: 'Cancel',
  copied: 'Copied',
  trouble: 'Something went wrong',
  troubleText: 'This screen could not be shown. Try again; what is kept on this phone is still there.',
  toApprovals: 'To the approvals',
  nothingPending: 'Nothing waits for you.',
};
