/** Which texts of an editor are somebody's work, and which only show what a file once was, such as the left side of a diff of source control. */
import * as vscode from 'vscode';

/** A file, what is to become one, or a file of another writable file system. */
export const isWorkingText = ({ scheme }: vscode.Uri): boolean =>
  scheme === 'file' || scheme === 'untitled' || vscode.workspace.fs.isWritableFileSystem(scheme) === true;
