// What makes the console's pages more convenient. Every page works without it.
import './copy.js';
import './moments.js';
import './refresh.js';
import './secret.js';
