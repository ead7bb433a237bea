"""The catalogue of diagnostics: what each code means, with the smallest text that gives it.

`policy-eval explain-error` prints an entry; docs/errors.md is all of them. A code is never given
another meaning. A test holds the catalogue equal to the codes in the source, and every example to
what is said when it is read.
"""

from __future__ import annotations

import re
from textwrap import fill, indent
from typing import NamedTuple


class ErrorCode(NamedTuple):
    """One stable code of a diagnostic: what it means, why it is said, and how to mend it.

    `wrong` is the smallest text that gives the code, `right` the same mended; both are empty
    where no small policy text gives it. `policy_type` is the type they are read as. `lenient` is
    what `--lenient` or `--accept-invalid` makes of it, empty where it stays refused or is only
    warned about. `aws` is what AWS says when it refuses the same, empty where that is not known;
    `about` is the group.
    """

    code: str
    title: str
    says: str
    wrong: str = ""
    right: str = ""
    policy_type: str = "identity"
    lenient: str = ""
    aws: str = ""
    rules: tuple[str, ...] = ()
    about: str = "policy"


_GROUPS = {
    "file": (
        "Files",
        "What keeps the bytes of a file from being a text at all.",
    ),
    "json": (
        "JSON",
        (
            "What keeps a text from being JSON. IAM says `Syntax errors in policy.` of an "
            "identity-based policy that is not JSON, and `This policy contains invalid Json` of a "
            "role trust policy; neither names a place."
        ),
    ),
    "form": (
        "What holds the policy",
        (
            "A policy may stand in another text: a JSON string, the output of an AWS CLI command, "
            "a heredoc, a block in YAML. These are the problems of what stands around it."
        ),
    ),
    "policy": (
        "Policies",
        (
            "What AWS refuses to store in a policy of its type, and what it stores though it "
            "hardly means what was meant (a warning)."
        ),
    ),
    "request": (
        "Requests",
        "What no request can hold, and what keeps a request from being evaluated.",
    ),
    "suite": (
        "Suites",
        (
            "Problems of suites, scenarios and context files ([iamtest.md](iamtest.md)). Their "
            "problems of JSON and YAML have the codes above."
        ),
    ),
    "source": (
        "Accounts and other sources",
        (
            "Problems of account exports, organizations, workspaces, plans and templates "
            "([sources.md](sources.md)). "
            "The message names the file and the path inside it, such as `RoleDetailList[3].Arn`. "
            "With `--keep-going`, what has such a problem is left out, with a warning."
        ),
    ),
    "command": (
        "Commands",
        "Problems of what is said on the command line, and of the run itself.",
    ),
}
"""The groups, in order: their heading, and what they are."""

_ENTRIES = (
    # Files
    ErrorCode(
        "missing-file",
        "a file that is not there",
        "There is no file of this name, or a folder holds no `*.json` file. A path on the command "
        "line is relative to the working directory, a path in a suite to the suite. The nearest "
        "name in the same folder is shown where there is one.",
        about="file",
    ),
    ErrorCode(
        "is-a-directory",
        "a folder where a file is wanted",
        "The path names a folder. Name a file in it. Only `-p` of a command, and the paths of "
        "`show` and `fmt`, also take a folder, which stands for its `*.json` files.",
        about="file",
    ),
    ErrorCode(
        "unreadable-file",
        "a file that cannot be read",
        "The operating system refuses to open the file. The message gives the reason, such as a "
        "missing permission. In a workspace links and pipes are not followed.",
        about="file",
    ),
    ErrorCode(
        "too-large",
        "a file of more bytes than are read",
        "Of a file that holds a policy no more than 1,048,576 bytes are read, of a suite or "
        "context file no more than eight times as many. AWS's largest policy has 20,480 "
        "characters, so this file holds something else. Give the policy alone.",
        about="file",
    ),
    ErrorCode(
        "wrong-encoding",
        "bytes that are not UTF-8",
        "A policy is UTF-8 text. Files that PowerShell's `>` writes are UTF-16, and files of old "
        "editors are Latin-1. Save the file as UTF-8 without a byte order mark. In a "
        "percent-encoded policy, the bytes behind the percent signs must be UTF-8 too.",
        wrong='%7B"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::caf%E9/*"%7D',
        right='%7B"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::caf%C3%A9/*"%7D',
        rules=("R-GRAM-13",),
        about="file",
    ),
    ErrorCode(
        "byte-order-mark",
        "a byte order mark before the text",
        "The file begins with U+FEFF, which some editors write in front of UTF-8. No policy of "
        "IAM holds that character, and a policy begins with `{`. Save the file as UTF-8 without a "
        "byte order mark.",
        rules=("R-GRAM-13",),
        about="file",
    ),
    ErrorCode(
        "nul-character",
        "a NUL character in the text",
        "The file holds the character U+0000. Where every second character is one, the file is "
        "UTF-16 without a byte order mark: save it as UTF-8. Otherwise the file is damaged, or is "
        "no text.",
        rules=("R-GRAM-13",),
        about="file",
    ),
    ErrorCode(
        "empty-file",
        "nothing in a text",
        "The text is empty, or holds only blanks. Often the command before a pipe has failed, or "
        "a template was filled with nothing. Give a policy document, a statement or a list of "
        "statements.",
        rules=("R-GRAM-01",),
        about="file",
    ),
    # JSON
    ErrorCode(
        "trailing-comma",
        "a comma before a closing bracket",
        "In JSON a comma parts two members or elements, so none stands after the last. Remove it.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        lenient="the comma is read over, with a warning",
        aws="Syntax errors in policy.",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "comment",
        "a comment",
        "JSON has no comments, neither `//` nor `#` nor `/* */`. Remove it; what a statement is "
        "for may stand in its `Sid`.",
        wrong="""\
{
  "Effect": "Allow",  // readers
  "Action": "s3:GetObject",
  "Resource": "*"
}""",
        right="""\
{
  "Sid": "Readers",
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*"
}""",
        lenient="the comment is read over, with a warning",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "missing-comma",
        "no comma between two members or elements",
        "Two members of an object, or two elements of a list, follow each other with no comma "
        "between them. The place is the end of the first.",
        wrong="""\
{
  "Effect": "Allow"
  "Action": "s3:GetObject",
  "Resource": "*"
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*"
}""",
        aws="Syntax errors in policy.",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "extra-comma",
        "a comma with nothing before it",
        "A comma stands at the beginning of an object or list, or right after another comma. "
        "Remove it.",
        wrong="""\
{"Effect": "Allow",, "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "unclosed-bracket",
        "a bracket that is not closed",
        "The text ends inside an object or list, or a member begins inside a list that was not "
        "closed. Close it; the message says where it was opened. Where the text just stops, part "
        "of it was not copied.",
        wrong="""\
{"Effect": "Allow", "Action": ["s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}""",
        aws="Syntax errors in policy.",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "unmatched-bracket",
        "a closing bracket that closes nothing, or something else",
        "A `}` or `]` stands where nothing is open, or where a bracket of the other kind is. What "
        "was opened last is closed first. Remove it, or write the other one.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "unclosed-string",
        "a text without its closing quotation mark",
        "A string begins and its line ends before the string does. A string of JSON stands on one "
        "line. Add the missing quotation mark; a line break inside a string is written `\\n`.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject,
 "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject",
 "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "unquoted-name",
        "a name without quotation marks",
        "The name of a member is text and stands in double quotes. JavaScript and YAML let them "
        "be left out; JSON does not.",
        wrong="""\
{Effect: "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "single-quotes",
        "a text in single quotes",
        "JSON has double quotes only. Single quotes come from the printed form of a Python "
        "object, or from a shell. Write double quotes.",
        wrong="""\
{'Effect': "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "smart-quotes",
        "a text in typographic quotation marks",
        "Web pages and word processors turn the plain quotation mark (U+0022) into curved or "
        "angled ones, which JSON does not know. Write the plain one.",
        wrong="""\
{\u201cEffect\u201d: "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "invisible-character",
        "an invisible character between the tokens",
        "Between tokens JSON has only blanks, tabs and line breaks. A no-break space (U+00A0), a "
        "zero-width space or a line separator looks like one of them and is copied from web "
        "pages. The message names the character; delete it. In the example it stands before `{`.",
        wrong="""\
\u00a0{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "control-character",
        "a bare control character in a string",
        "A string of JSON holds no character below U+0020 as it is. Remove it, or write a tab as "
        "`\\t`. In the example a tab stands before `*`.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/\t*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "invalid-escape",
        "a backslash that begins no escape of JSON",
        'After a backslash JSON has `"`, `\\`, `/`, `b`, `f`, `n`, `r`, `t`, or `u` and four '
        "hexadecimal digits. `\\*` and `\\$` come from Markdown and from shells: remove the "
        "backslash. A backslash that is meant is written twice.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:\\*", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "not-json-value",
        "a bare word or number that is no value of JSON",
        "A value is a string, number, object or list, or one of the words `true`, `false` and "
        "`null`. Text stands in double quotes. `True` and `None` are Python's words, `yes` is "
        "YAML's; a number of JSON has no leading zero.",
        wrong="""\
{"Effect": Allow, "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "placeholder",
        "a placeholder that nobody filled",
        "`${\u2026}`, `{{\u2026}}`, `<\u2026>` or `...` stands where a value of JSON should. The "
        "text is a template, or an example with something left out. Put the value there.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": <BUCKET_ARN>}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs"}""",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "duplicate-key",
        "one name twice in one object",
        "An object in which a member occurs twice is no policy of AWS's. Most readers of JSON "
        "keep the last and say nothing, so that half of the policy is lost. Put what both hold "
        "into one. In a context file, `ContextEntries` that name a key twice have this code too.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Action": "s3:ListBucket", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}""",
        rules=("R-GRAM-06",),
        about="json",
    ),
    ErrorCode(
        "too-deep",
        "objects and lists too deep inside one another",
        "A text that nests deeper than 100 levels is not read. A policy has seven levels.",
        rules=("R-GRAM-01",),
        about="json",
    ),
    ErrorCode(
        "json-syntax",
        "something else that is not JSON",
        "What stands here does not fit the syntax of JSON, and no other code says it more "
        "exactly: a `=` or `;` of another language, a name without a value, the mark of a merge "
        "conflict, or a second document. The diagnostic says what was found and what was expected.",
        wrong="""\
{"Effect" = "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        aws="Syntax errors in policy.",
        rules=("R-GRAM-01",),
        about="json",
    ),
    # What holds the policy
    ErrorCode(
        "file-name",
        "the name of a file instead of a policy",
        "The text is a path or a `file://` address. Give the file's content. The AWS CLI reads a "
        "file only where `file://` stands in front of its name; without it, the name itself is "
        "sent to AWS as the policy.",
        wrong="policy.json",
        right='{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}',
        aws="Syntax errors in policy.",
        about="form",
    ),
    ErrorCode(
        "not-policy-text",
        "a text that neither is a policy nor holds one",
        "The text is recognised as something else: Markdown with its fences, a web page, XML, or "
        "YAML that holds no policy in JSON. Give the JSON alone.",
        wrong="""\
```json
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
```""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        about="form",
    ),
    ErrorCode(
        "terraform-expression",
        "a policy as an expression of Terraform",
        "`jsonencode(\u2026)` and the data source `aws_iam_policy_document` are programs that "
        "make a policy, and may need values that are not in the text. Run `terraform show -json` "
        "on the plan and give the policy it prints.",
        wrong="""\
policy = jsonencode({
  Version   = "2012-10-17"
  Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }]
})""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
}""",
        about="form",
    ),
    ErrorCode(
        "interpolation",
        "a value that Terraform or a shell fills in",
        "In a heredoc `${\u2026}` stands for a value that is computed when the heredoc is used, "
        "and is not known here. Run `terraform show -json` on the plan, or put the value there. A "
        "policy variable of AWS is written `$${\u2026}` in a heredoc of Terraform.",
        wrong="""\
policy = <<EOF
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${var.bucket_arn}"}
EOF
""",
        right="""\
policy = <<EOF
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs"}
EOF
""",
        about="form",
    ),
    ErrorCode(
        "unclosed-heredoc",
        "a heredoc without its last line",
        "A heredoc ends with a line that holds its name and nothing else. The text stops before "
        "that, or the line holds more than the name.",
        wrong="""\
policy = <<EOF
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
""",
        right="""\
policy = <<EOF
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
EOF
""",
        about="form",
    ),
    ErrorCode(
        "yaml-syntax",
        "a text that is not YAML",
        "A text that looks like YAML is searched for a policy in JSON, and is not well formed, or "
        "the policy is folded over several lines: write it as a block (`|`). Of a suite or "
        "context file it says that the file cannot be read. YAML does not indent with tabs, as "
        "the example does.",
        wrong="""\
PolicyDocument: |
\t{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
PolicyDocument: |
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        about="form",
    ),
    ErrorCode(
        "several-policies",
        "more than one policy in one text",
        "The text holds several heredocs or blocks with a policy in each, and does not say which "
        "is meant. Give one of them alone.",
        wrong="""\
read = <<EOF
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
EOF
write = <<EOF
{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
EOF
""",
        right="""\
read = <<EOF
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
EOF
""",
        about="form",
    ),
    ErrorCode(
        "no-policy-here",
        "an output that names policies and does not show them",
        "The text is the output of a command that lists policies, or describes something else, "
        "without the document of a policy. The help names the command that prints the document.",
        wrong="""\
{"AttachedPolicies": [
  {"PolicyName": "Read", "PolicyArn": "arn:aws:iam::111122223333:policy/Read"}
]}""",
        right="""\
{"PolicyVersion": {"VersionId": "v1", "Document": {"Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}}""",
        about="form",
    ),
    ErrorCode(
        "not-a-policy",
        "JSON that is no policy",
        "The JSON is well formed and has not the shape of a policy: a list of whole documents, or "
        "a document joined by a comma with something else. Give one policy document, one "
        "statement, a list of statements, or statements joined by commas.",
        wrong="""\
[
  {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]},
  {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
]""",
        right="""\
[
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
  {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
]""",
        rules=("R-GRAM-01",),
        about="form",
    ),
    ErrorCode(
        "missing-statement",
        "an object without Statement",
        "A policy is one object that holds `Statement`, and this one does not; it is not a single "
        "statement either, as that holds `Effect` and `Action`. Names of elements are compared in "
        "exact case, so `statement` and `Statements` are other names.",
        wrong="""\
{
  "Version": "2012-10-17",
  "Statements": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
}""",
        aws="Syntax errors in policy.",
        rules=("R-GRAM-01",),
        about="form",
    ),
    ErrorCode(
        "wrong-policy-type",
        "a policy of another type than is asked for",
        "What holds the policy says of which type it is: `aws iam get-role` prints a role trust "
        "policy, for example. It is not read as another type, as the types have different "
        "elements and mean different things. Name the right type, or give the right policy. Only "
        "identity-based policies are decided in this version.",
        wrong="""\
{"Role": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}""",
        right="""\
{"RoleName": "Reader", "PolicyName": "Read", "PolicyDocument": {"Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}""",
        about="form",
    ),
    ErrorCode(
        "unsupported-source",
        "a source in a form that is not read",
        "The file is recognised and is not in the form that is read: a state file as Terraform "
        "keeps it (give what `terraform show -json` prints of it), a plan that failed and so does "
        "not hold all that will be, or an output of a later major version of its format, which may "
        "mean other things by the same names.",
        about="form",
    ),
    # Policies, their shape
    ErrorCode(
        "leading-whitespace",
        "blanks before the policy",
        "Blanks between tokens mean nothing in JSON, and IAM was seen to refuse a policy that "
        "does not begin with `{`. It is a warning, as no page of AWS says so. Indented heredocs "
        "are the usual cause.",
        wrong="""\
  {"Version": "2012-10-17",
   "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}""",
        right="""\
{"Version": "2012-10-17",
 "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}""",
        aws="The policy failed legacy parsing",
    ),
    ErrorCode(
        "statement-before-version",
        "Version after a Statement that is no list",
        "The order of members means nothing, and IAM was seen to refuse a policy whose "
        "`Statement` is a single object with `Version` after it. It is a warning, as AWS's "
        "grammar allows any order. Put `Version` first, or the statement in a list.",
        wrong="""\
{
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
  "Version": "2012-10-17"
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
}""",
        aws="The policy failed legacy parsing",
    ),
    ErrorCode(
        "policy-size",
        "a policy of more characters than AWS stores",
        "The policy has more characters than its quota. IAM does not count blanks outside "
        "strings; Organizations and VPC endpoints count them. It is a warning, as quotas can be "
        "raised and the policy says the same at any length. Split it, or shorten it by wildcards; "
        "`policy-eval show` prints the sizes.",
        aws="Cannot exceed quota for PolicySize: 6144",
    ),
    ErrorCode(
        "too-many-statements",
        "a policy of more statements than are read",
        "No more than 10,000 statements of one policy are read. AWS's largest policy holds a few "
        "hundred.",
    ),
    ErrorCode(
        "value-too-long",
        "a value of more characters than are read",
        "One action, resource, principal or condition value has more than 20,480 characters, "
        "which is more than AWS's largest policy has in all.",
    ),
    ErrorCode(
        "too-many-problems",
        "further problems that are not shown",
        "Of one policy no more than 100 errors and 100 warnings are shown. Mend these first. "
        "Where there are so many, the text is often no policy, or a policy of another type.",
    ),
    ErrorCode(
        "unknown-version",
        "a Version that AWS does not have",
        "`Version` is the version of the policy language, not of the policy: `2012-10-17`, or the "
        "older `2008-10-17`, under which policy variables are plain text. It is no date of your "
        "own. In a suite, `version` is the version of the suite's format, which is 1. The message "
        "below is Secrets Manager's; IAM's is not known.",
        wrong="""\
{
  "Version": "2019-10-19",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
}""",
        aws="This policy has invalid syntax.",
        rules=("R-GRAM-05",),
    ),
    ErrorCode(
        "missing-version",
        "no Version where AWS asks for one",
        "AWS asks for `Version` `2012-10-17` in SCPs and RCPs. An RCP without it is refused; an "
        "SCP without it gives a warning and is read by the rules of 2008, as AWS's own samples "
        "leave it out.",
        wrong="""\
{
  "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
  ]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
  ]
}""",
        policy_type="rcp",
        lenient="the policy is read as 2008-10-17, under which policy variables are plain text",
        rules=("R-TYPE-02", "R-GRAM-05"),
    ),
    ErrorCode(
        "empty-statement",
        "a policy without a single statement",
        "The list of statements is empty. AWS stores no such policy. A policy that is to have no "
        "effect is better removed.",
        wrong="""\
{"Version": "2012-10-17", "Statement": []}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
}""",
        rules=("R-GRAM-01",),
    ),
    ErrorCode(
        "not-a-statement",
        "something other than a statement in the list of statements",
        "`Statement` holds one object, or a list of objects, each with `Effect` and `Action`. "
        "Here stands a text, a number, `null` or a list.",
        wrong="""\
{"Version": "2012-10-17", "Statement": ["s3:GetObject"]}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
}""",
        rules=("R-GRAM-02",),
    ),
    ErrorCode(
        "unknown-element",
        "an element that policies do not have",
        "The grammar of policies knows a fixed set of names, in exact case, and AWS refuses a "
        "policy with any other. Often the case is wrong, or a condition key stands outside "
        "`Condition`. There is no place for a remark but `Sid`.",
        wrong="""\
{"Effect": "Allow", "Actions": "s3:GetObject", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        lenient="a statement with it may or may not apply; beside `Statement`, it is left out of "
        "account",
        rules=("R-GRAM-07",),
    ),
    ErrorCode(
        "element-not-allowed",
        "an element that a policy of this type does not have",
        "Each type of policy has its own elements. An identity-based policy, a permissions "
        "boundary, a session policy and an SCP apply to whom they are attached to, so they have "
        "no `Principal`; a role trust policy is about its own role, so it has no `Resource`. "
        "Often the policy is good and of another type: see `--type` of `policy-eval show`.",
        wrong="""\
{
  "Effect": "Allow",
  "Principal": {"AWS": "111122223333"},
  "Action": "s3:GetObject",
  "Resource": "*"
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*"
}""",
        lenient="the statement may or may not apply; an `Id` is left out of account",
        aws="Policy document should not specify a principal.",
        rules=("R-GRAM-02", "R-GRAM-03", "R-SID-02", "R-TYPE-02", "R-TYPE-04"),
    ),
    ErrorCode(
        "element-combination",
        "two elements of which a statement has one",
        "`NotAction` stands in for `Action`, `NotResource` for `Resource`, `NotPrincipal` for "
        "`Principal`. A statement with both members of a pair says two things at once, and AWS "
        "refuses it. Keep one of the two, or make two statements.",
        wrong="""\
{
  "Effect": "Deny",
  "Action": "s3:*",
  "NotAction": "s3:GetObject",
  "Resource": "*"
}""",
        right="""\
{
  "Effect": "Deny",
  "NotAction": "s3:GetObject",
  "Resource": "*"
}""",
        rules=("R-GRAM-02",),
    ),
    ErrorCode(
        "missing-element",
        "a statement without an element that it needs",
        "Every statement has `Effect`, and `Action` or `NotAction`. Policies other than role "
        "trust policies have `Resource` or `NotResource` as well (some resource-based policies "
        "may leave it out), and policies that are attached to a resource have `Principal` or "
        "`NotPrincipal`. Add what is missing. `--accept-invalid` reads a missing `Principal` as "
        "nobody; anything else that is missing stays refused.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}""",
        aws="Policy statement must contain resources.",
        rules=("R-GRAM-03", "R-GRAM-04", "R-EXT-02"),
    ),
    ErrorCode(
        "empty-element",
        "an element with nothing in it",
        "An empty `Action`, `Resource` or `Principal` leaves the statement without effect, which "
        "AWS's policy checks say and which is a warning; IAM was seen to refuse it all the same. "
        "An empty `NotAction` or `NotResource` would match everything by its words, and is "
        "refused. List something, or remove the statement; a template that was filled with "
        "nothing is the usual cause.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": []}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::logs/*"]}""",
        lenient="a statement with an empty `NotAction` or `NotResource` has no effect",
        aws="Policy statement must contain resources.",
        rules=("R-GRAM-11", "R-GRAM-12"),
    ),
    ErrorCode(
        "wrong-type",
        "a value of the wrong kind",
        "`Action`, `Resource` and the values of a principal map are texts, or lists of texts; "
        "`Sid` and `Id` are texts; `Condition` is an object of operators, each an object of keys. "
        "Numbers and `true` are values of condition keys only, and `null` is no value anywhere. "
        "In a suite, a field holds a list or mapping where text is wanted, or the reverse.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"aws:SourceIp": "203.0.113.0/24"}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
}""",
        lenient="where an operator holds no object of keys, the statement may or may not apply",
        aws="Syntax errors in policy.",
        rules=("R-GRAM-09", "R-SID-01", "R-SID-02"),
    ),
    ErrorCode(
        "character-not-stored",
        "a character that IAM does not store",
        "IAM stores tabs, line breaks and the characters U+0020 to U+00FF, and refuses a policy "
        "with any other. Curved quotation marks, dashes of a word processor, and letters of other "
        "alphabets are the usual ones. In the example it is the dash (U+2013).",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs\u20132026/*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs-2026/*"}""",
        lenient="the character is compared as it is",
        rules=("R-GRAM-13",),
    ),
    ErrorCode(
        "sid-characters",
        "a Sid of other characters than letters and digits",
        "In the policies of IAM and of Organizations a `Sid` consists of the letters A to Z and a "
        "to z and of digits: no blank, hyphen or underscore. The policies of other services may "
        "hold more, and are not refused for it.",
        wrong="""\
{"Sid": "read-logs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Sid": "ReadLogs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        lenient="it is a name like any other",
        aws="Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
        "regular expression [0-9A-Za-z]*",
        rules=("R-SID-01",),
    ),
    ErrorCode(
        "duplicate-sid",
        "one Sid on two statements",
        "In an identity-based policy, a permissions boundary and a session policy each `Sid` "
        "stands once. In policies of other types this is a warning, as each service has its own "
        "rule. Give each statement a name of its own, or leave the `Sid` out.",
        wrong="""\
[
  {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
  {"Sid": "Read", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
]""",
        right="""\
[
  {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
  {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
]""",
        lenient="both statements count",
        aws="Statement IDs (SID) in a single policy must be unique.",
        rules=("R-SID-01",),
    ),
    ErrorCode(
        "unknown-effect",
        "an Effect that is neither Allow nor Deny",
        "`Effect` reads `Allow` or `Deny`, in exactly that case. Nothing is guessed here, as the "
        "two are opposites.",
        wrong="""\
{"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        aws="The policy failed legacy parsing",
        rules=("R-GRAM-04",),
    ),
    # Policies, actions and resources
    ErrorCode(
        "action-form",
        "an action that is not of the form service:Name",
        "An action is the prefix of a service, one colon, and a name, or `*` alone. Wildcards "
        "stand in the name; in policies that IAM stores, the prefix has none. An action with a "
        "blank or another unusual character in it matches nothing, and gives a warning only, as "
        "AWS is not known to refuse it.",
        wrong="""\
{"Effect": "Allow", "Action": "PutItem", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}""",
        lenient="without a prefix, or with two colons, it matches no action; where that would "
        "grant more or deny less, the statement may or may not apply; with a wildcard in the "
        "prefix, prefix and name are matched as patterns",
        aws="Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        rules=("R-ACT-03", "R-ACT-06"),
    ),
    ErrorCode(
        "unlisted-action",
        "an action that the service reference does not list",
        "AWS's list of actions, as of the version that is installed, has no such service or no "
        "such action, or no action that the wildcards match. It is a warning of `policy-eval "
        "show`, as AWS stores the policy and the list may be older than the action. Such an "
        "action grants and denies nothing; the nearest name is shown.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObjects", "Resource": "*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}""",
        rules=("R-ACT-04",),
    ),
    ErrorCode(
        "not-an-arn",
        "a resource that is no ARN",
        "A resource is an ARN, or `*`. The name of a bucket, an `s3://` address, an ID or an "
        "empty text is neither. Write the whole ARN. In a request, too, the resource is an ARN of "
        "six fields, or `*`.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "logs/*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}""",
        lenient="it matches no resource; where that would grant more or deny less, the statement "
        "may or may not apply",
        aws='Resource X must be in ARN format or "*".',
        rules=("R-RES-05",),
    ),
    ErrorCode(
        "incomplete-arn",
        "an ARN of fewer than six fields",
        "An ARN has six fields: `arn:partition:service:region:account:resource`. A field without "
        "a value stays empty, and its colon stays. In a session policy AWS refuses a shorter ARN. "
        "In other policies it is a warning, where the ARN matches nothing or something else than "
        "was meant: a missing colon puts the account in the place of the Region.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "iam:PassRole",
  "Resource": "arn:aws:iam:111122223333:role/Reader"
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "iam:PassRole",
  "Resource": "arn:aws:iam::111122223333:role/Reader"
}""",
        lenient="in a session policy it is completed with `*` fields",
        aws="The policy failed legacy parsing",
        rules=("R-RES-05", "R-TYPE-03"),
    ),
    ErrorCode(
        "unknown-partition",
        "an ARN in a partition that AWS does not have",
        "The second field of an ARN is the partition: `aws`, `aws-cn`, `aws-us-gov` or one of "
        "AWS's further ones. IAM refuses a partition it does not know, and one that is not the "
        "account's. It is a warning, as AWS may have a partition that is not known here. A name "
        "in `${\u2026}` is often left from a template.",
        wrong="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:asw:s3:::logs/*"}""",
        right="""\
{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}""",
        aws='Partition "P" is not valid for resource "ARN".',
        rules=("R-RES-07",),
    ),
    # Policies, principals
    ErrorCode(
        "principal-form",
        "a principal that names nobody",
        '`Principal` is `"*"`, or a map from `AWS`, `Service`, `Federated` or `CanonicalUser` to '
        "one value or a list. Under `AWS` stands an account ID of twelve digits, or the ARN of a "
        "user, role, session or account root; groups are never principals. Under `Service` stands "
        "a name such as `ec2.amazonaws.com`. `CanonicalUser` is for Amazon S3 alone.",
        wrong="""\
{
  "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::111122223333:group/Readers"},
  "Action": "sts:AssumeRole"
}""",
        right="""\
{
  "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::111122223333:user/Ana"},
  "Action": "sts:AssumeRole"
}""",
        policy_type="trust",
        lenient="a principal in a map matches nobody; any other shape stays refused",
        aws='Invalid principal in policy: "AWS":"ARN"',
        rules=("R-PRIN-01", "R-PRIN-04", "R-PRIN-08", "R-PRIN-09", "R-PRIN-10"),
    ),
    ErrorCode(
        "principal-wildcard",
        "a wildcard inside a principal",
        "A principal is named whole: `*` alone stands for everyone, and part of an ARN or of a "
        "service's name takes no wildcard. Name the account, and narrow it in `Condition` by "
        "`aws:PrincipalArn`, which takes wildcards.",
        wrong="""\
{
  "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci-*"},
  "Action": "sts:AssumeRole"
}""",
        right="""\
{
  "Effect": "Allow",
  "Principal": {"AWS": "111122223333"},
  "Action": "sts:AssumeRole",
  "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ci-*"}}
}""",
        policy_type="trust",
        lenient="it matches nobody",
        rules=("R-PRIN-02", "R-PRIN-03"),
    ),
    ErrorCode(
        "unique-id",
        "the unique ID of a user or role as a principal",
        "Where a user or role that a policy names is deleted, AWS puts its unique ID "
        "(`AIDA\u2026`, `AROA\u2026`) in the place of its ARN, and a new one of the same name "
        "does not match it. It is a warning. Name the principal that is meant, or remove the ID.",
        wrong="""\
{
  "Effect": "Allow",
  "Principal": {"AWS": "AROAEXAMPLEROLE123456"},
  "Action": "sts:AssumeRole"
}""",
        right="""\
{
  "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::111122223333:role/Reader"},
  "Action": "sts:AssumeRole"
}""",
        policy_type="trust",
        aws='Invalid principal in policy: "AWS":"ARN"',
        rules=("R-PRIN-04",),
    ),
    ErrorCode(
        "unknown-principal-kind",
        "a kind of principal that does not exist",
        "The map of a principal has the kinds `AWS`, `Service`, `Federated` and `CanonicalUser`, "
        "in exact case.",
        wrong="""\
{"Effect": "Allow", "Principal": {"service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}""",
        right="""\
{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}""",
        policy_type="trust",
        lenient="the statement may or may not apply",
        rules=("R-PRIN-01",),
    ),
    ErrorCode(
        "federated-principal",
        "a Federated principal that is no identity provider, or out of place",
        "`Federated` names an identity provider: the ARN of a SAML or OIDC provider in an "
        "account, or the domain of a provider that AWS knows. It stands in role trust policies "
        "only, as nobody else signs in through one.",
        wrong="""\
{
  "Effect": "Allow",
  "Principal": {"Federated": "my-provider"},
  "Action": "sts:AssumeRoleWithSAML"
}""",
        right="""\
{
  "Effect": "Allow",
  "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/my-provider"},
  "Action": "sts:AssumeRoleWithSAML"
}""",
        policy_type="trust",
        lenient="it matches nobody",
        aws="Federated principals must be valid domain names or SAML metadata ARNs",
        rules=("R-PRIN-10",),
    ),
    ErrorCode(
        "allow-not-principal",
        "NotPrincipal in an Allow",
        "An `Allow` with `NotPrincipal` would allow everyone but the few it lists, anonymous "
        "callers among them. AWS takes `NotPrincipal` with `Deny` only. Name under `Principal` "
        "whom the `Allow` is for.",
        wrong="""\
{
  "Effect": "Allow",
  "NotPrincipal": {"AWS": "111122223333"},
  "Action": "s3:GetObject",
  "Resource": "arn:aws:s3:::logs/*"
}""",
        right="""\
{
  "Effect": "Deny",
  "NotPrincipal": {"AWS": "111122223333"},
  "Action": "s3:GetObject",
  "Resource": "arn:aws:s3:::logs/*"
}""",
        policy_type="resource",
        lenient="it allows everyone who is not listed, anonymous callers among them",
        rules=("R-TYPE-05",),
    ),
    ErrorCode(
        "trusts-everyone",
        "a role that every account can assume",
        "An `Allow` of a role trust policy whose principal is `*` lets anyone in any AWS account "
        "assume the role, so far as the conditions let it. AWS stores it, so it is a warning, "
        'though IAM was once seen to refuse the bare `"Principal": "*"`.',
        wrong="""\
{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}""",
        right="""\
{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}""",
        policy_type="trust",
        aws='AssumeRolepolicy contained an invalid principal: "STAR":"*"',
        rules=("R-TYPE-04",),
    ),
    ErrorCode(
        "mismatched-federation",
        "an action that does not fit the identity provider",
        "`sts:AssumeRoleWithSAML` goes with SAML providers, `sts:AssumeRoleWithWebIdentity` with "
        "OIDC providers. AWS stores another pairing, and nobody can then assume the role by this "
        "statement, so it is a warning.",
        wrong="""\
{
  "Effect": "Allow",
  "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
  "Action": "sts:AssumeRoleWithWebIdentity"
}""",
        right="""\
{
  "Effect": "Allow",
  "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
  "Action": "sts:AssumeRoleWithSAML"
}""",
        policy_type="trust",
        rules=("R-TYPE-04",),
    ),
    # Policies, conditions and variables
    ErrorCode(
        "unknown-operator",
        "a condition operator that AWS does not have",
        "An operator is one of AWS's names, with `ForAllValues:` or `ForAnyValue:` optionally in "
        "front and `IfExists` optionally behind; `Null` takes no `IfExists`. Where a condition "
        "key stands in the place of the operator, put it under one.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"StringEqual": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
}""",
        lenient="the statement may or may not apply",
        aws="Invalid Condition type : OP",
        rules=("R-COND-07", "R-EXT-05"),
    ),
    ErrorCode(
        "operator-case",
        "a condition operator in another case than AWS's",
        "AWS's pages do not say that the case of an operator counts, and IAM was seen to refuse "
        "`stringEquals`. It is a warning; the operator is evaluated. Write it as AWS does.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"stringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
}""",
        aws="Invalid Condition type : OP",
        rules=("R-GRAM-08",),
    ),
    ErrorCode(
        "condition-key-form",
        "a condition key without a prefix",
        "A condition key has a prefix, a colon and a name: `aws:SourceIp`, `s3:prefix`. No "
        "request carries a key without a prefix, so the condition would not do what was meant.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"SourceIp": "203.0.113.0/24"}}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
}""",
        lenient="the statement may or may not apply",
        rules=("R-COND-06", "R-COND-05"),
    ),
    ErrorCode(
        "unlisted-key",
        "a condition key that the service reference does not list",
        "Neither AWS's global keys nor the keys of the service, as of the version that is "
        "installed, have this name. It is a warning of `policy-eval show`, as the list may be "
        "older than the key. A key that no request carries is absent; the nearest name is shown.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIpAddress": "203.0.113.0/24"}}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
}""",
        rules=("R-COND-06",),
    ),
    ErrorCode(
        "duplicate-key-case",
        "one condition key in two spellings",
        "Condition keys ignore case, so two spellings are one key given twice, under one operator "
        "or under two. AWS's policy checks report it. Spell the key in one way. It is an error in "
        "the context of a request and of a suite, too.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                "NotIpAddress": {"aws:sourceip": "203.0.113.9/32"}}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                "NotIpAddress": {"aws:SourceIp": "203.0.113.9/32"}}
}""",
        lenient="both must hold",
        rules=("R-GRAM-06", "R-COND-03"),
    ),
    ErrorCode(
        "empty-values",
        "a condition key that is compared with an empty list",
        "With nothing to compare with, a positive operator never matches and a negated one always "
        "does. AWS's pages contradict each other on it, so it is a warning. List the values, or "
        "remove the key.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": []}}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
}""",
        rules=("R-COND-40",),
    ),
    ErrorCode(
        "unreadable-policy-value",
        "a condition value that its operator cannot read",
        "Numeric operators read numbers, date operators dates, `IpAddress` addresses and ranges, "
        "`Bool` `true` and `false`, Arn operators ARNs of six fields, `BinaryEquals` base64 text. "
        "The diagnostic says what was expected.",
        wrong="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.300"}}
}""",
        right="""\
{
  "Effect": "Allow",
  "Action": "s3:GetObject",
  "Resource": "*",
  "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.30"}}
}""",
        lenient="the condition is false in an `Allow` and true in a `Deny`",
        rules=("R-COND-41",),
    ),
    ErrorCode(
        "malformed-variable",
        "a policy variable that is not well formed",
        "A policy variable is `${key}`, or `${key, 'default'}` with comma, blank and single "
        "quotes. `${*}`, `${?}` and `${$}` stand for the characters themselves. Close the brace "
        "and the quote, and leave no blank in the name.",
        wrong="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username"}
  ]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}"}
  ]
}""",
        lenient="`${` is literal text",
        rules=("R-VAR-06", "R-VAR-14"),
    ),
    ErrorCode(
        "misplaced-variable",
        "a policy variable where none is replaced",
        "Variables are replaced behind the fifth colon of a resource and in the values of string "
        "and Arn operators, and nowhere else. Elsewhere AWS takes one for plain text, so that it "
        "matches nothing; it is a warning.",
        wrong="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "sqs:SendMessage",
     "Resource": "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:jobs"}
  ]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "sqs:SendMessage",
     "Resource": "arn:aws:sqs:us-east-1:111122223333:jobs-${aws:username}"}
  ]
}""",
        rules=("R-VAR-03", "R-RES-08"),
    ),
    ErrorCode(
        "variable-without-version",
        "a policy variable in a policy of the older version",
        "Variables are replaced only in a policy whose `Version` is `2012-10-17`. Without it, or "
        "with `2008-10-17`, `${\u2026}` is plain text and matches nothing that is meant. AWS "
        "stores such a policy today, so it is a warning; in 2015 it was seen to refuse one. Add "
        "the `Version`.",
        wrong="""\
{
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}"}
  ]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}"}
  ]
}""",
        aws="Policy document must be version 2012-10-17 or greater.",
        rules=("R-VAR-02",),
    ),
    # Policies, of Organizations
    ErrorCode(
        "effect-not-allowed",
        "an Allow in a resource control policy",
        "A resource control policy only denies; what is allowed comes from `RCPFullAWSAccess`, "
        "which AWS attaches itself and which no other policy repeats.",
        wrong="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
  ]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
  ]
}""",
        policy_type="rcp",
        lenient="the statement grants nothing that is not granted anyway",
        rules=("R-TYPE-02", "R-RCP-02"),
    ),
    ErrorCode(
        "rcp-principal",
        "a resource control policy for certain principals",
        'In a resource control policy `Principal` is exactly `"*"`. Narrow it in `Condition`, by '
        "keys such as `aws:PrincipalArn` or `aws:PrincipalAccount`.",
        wrong="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}
  ]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}}
  ]
}""",
        policy_type="rcp",
        lenient="the statement may or may not apply",
        rules=("R-TYPE-02",),
    ),
    ErrorCode(
        "rcp-action",
        "an action that resource control policies do not cover",
        "Resource control policies cover the actions of some services only, and each action names "
        "its service; `*` alone is none. AWS lists the services on its page about resource "
        "control policies.",
        wrong="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "appflow:*", "Resource": "*"}
  ]
}""",
        right="""\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
  ]
}""",
        policy_type="rcp",
        lenient="the action is not applied",
        rules=("R-TYPE-02", "R-RCP-03"),
    ),
    # Requests
    ErrorCode(
        "unknown-action",
        "a request for something that is no action",
        "A request is for one action, `service:Name`, such as `secretsmanager:CreateSecret`. It "
        "has no wildcard. Whether a service defines the action is not asked.",
        rules=("R-ACT-01",),
        about="request",
    ),
    ErrorCode(
        "unknown-principal",
        "a caller that is no principal",
        "The caller of a request is one principal: the ARN of a user, role, session, federated "
        "user, account root or identity provider, an account ID of twelve digits (its root user), "
        "a service such as `appflow.amazonaws.com`, or `anonymous`. Groups and wildcards are no "
        "callers. Where accounts are asked about, it may be the name of one of their users and "
        "roles; the nearest are shown.",
        rules=("R-PRIN-04", "R-PRIN-08"),
        about="request",
    ),
    ErrorCode(
        "missing-principal",
        "a caller that nobody named",
        "Tags, a session's name, credentials and the like belong to a caller, and an account has "
        "many. Name it.",
        about="request",
    ),
    ErrorCode(
        "impossible-caller",
        "a caller that cannot be",
        "What is said of the caller does not fit what it is: a session name of a user, MFA with an "
        "access key, a service-linked user; a permissions boundary of a root user, a session "
        "policy of an IAM user. Or it cannot make the call: AssumeRoleWithSAML and "
        "AssumeRoleWithWebIdentity are not signed, so only the identity of a provider makes them, "
        "and it makes no others.",
        rules=("R-PRIN-04", "R-SLR-01", "R-CRED-01", "R-EVAL-14", "R-EVAL-15", "R-TRUST-02"),
        about="request",
    ),
    ErrorCode(
        "another-partition",
        "caller and resource of different partitions",
        "`aws`, `aws-cn`, `aws-us-gov` and the others are worlds of their own: no caller of one "
        "reaches a resource of another. Mend the ARN of the caller or of the resource. A bare "
        "account ID is taken to be of partition `aws`.",
        rules=("R-XACC-04",),
        about="request",
    ),
    ErrorCode(
        "not-an-account",
        "an account that is no account ID",
        "An account is named by its ID of twelve digits, quoted where leading zeros could be lost.",
        rules=("R-XACC-05", "R-SCP-01"),
        about="request",
    ),
    ErrorCode(
        "organization-path",
        "a path of an organization that cannot be, or does not fit",
        "`aws:PrincipalOrgPaths` is written `o-id/r-id/ou-a/ou-b/`, with a slash at the end and at "
        "most five organizational units. Where service or resource control policies are given, it "
        "has as many levels as they: the root, each organizational unit, and the account.",
        rules=("R-KEY-03", "R-SCP-02"),
        about="request",
    ),
    ErrorCode(
        "layer-given-and-unknown",
        "policies of a layer that is said to be unknown",
        "Of a layer either the policies are given, or it is unknown. Say one of the two.",
        rules=("R-EVAL-05",),
        about="request",
    ),
    ErrorCode(
        "too-many-levels",
        "more levels than an organization has",
        "Service and resource control policies are given level by level: the root, at most five "
        "organizational units, and the account. Several policies of one level stand in one list, "
        "or in one folder.",
        rules=("R-SCP-02",),
        about="request",
    ),
    ErrorCode(
        "context-key",
        "a name in the context that is no condition key",
        "The context maps condition keys to values, and a key is not empty and has no blanks "
        "around it: `aws:SourceIp`.",
        about="request",
    ),
    ErrorCode(
        "context-value",
        "a context value of a type that no request carries",
        "From Python, a value is text, an int, a Decimal, a bool, a datetime with a time zone, "
        "bytes, or an IP address, or a list of these, or None for a key that is known to be "
        "absent. A float is refused, as it may not be the number that was written.",
        about="request",
    ),
    ErrorCode(
        "table-column",
        "a table of requests whose columns cannot be read",
        "A table has a column `action`, once. `resource`, `principal` and `resource_account` are "
        "texts, `context` is a struct or a map, and condition keys are columns by their names: "
        "text, true or false, whole or decimal numbers, bytes, times with a zone, or lists of "
        "these. Floats are refused, as they may not be the numbers that were written.",
        about="request",
    ),
    ErrorCode(
        "row-shape",
        "a row of a CSV file that is none of its table",
        "A row has as many cells as the header has names; a cell with commas, quotes or line "
        "breaks stands in double quotes, and a quote in it is doubled. The row is kept among those "
        "that are no requests.",
        about="request",
    ),
    ErrorCode(
        "table-format",
        "a file of requests or decisions whose format is not told",
        "`policy-eval batch` goes by the ending of a name: `.jsonl`, `.ndjson`, `.csv`, "
        "`.parquet`, `.arrow` or `.feather`. `--format` and `--out-format` say it for any other "
        "name. Parquet cannot be read from stdin.",
        about="request",
    ),
    ErrorCode(
        "unreadable-table",
        "a Parquet or Arrow file that cannot be read",
        "The file is cut off, damaged, or none of that format. Nothing is written of what was "
        "decided before that was found.",
        about="request",
    ),
    ErrorCode(
        "column-left-alone",
        "a column that is no part of the requests, though it is named nearly so",
        "Columns of requests are `action`, `resource`, `principal`, `resource_account`, `context`, "
        "and condition keys by their names. Any other is left alone, and this one looks as if one "
        "of these was meant.",
        about="request",
    ),
    ErrorCode(
        "rejected-rows",
        "more rows that are no requests than are shown",
        "All of them are in the file that `--rejects` names.",
        about="request",
    ),
    ErrorCode(
        "several-values",
        "several values of a key that holds one",
        "Condition keys are single-valued or multivalued, and this one is single-valued: a "
        "request carries it once. Give one value. On the command line a repeated `-c` makes a "
        "list.",
        rules=("R-COND-34", "R-COND-42"),
        about="request",
    ),
    ErrorCode(
        "unreadable-value",
        "a context value that an operator of a policy cannot read",
        "A statement compares the key as a number, date, address, boolean, ARN or base64 text, "
        "and the request gives something else. It is not taken for a value that does not match, "
        "as a `Deny` would then let the request through. Give a value of the right kind, or leave "
        "the key out.",
        rules=("R-COND-42", "R-COND-19"),
        about="request",
    ),
    ErrorCode(
        "unreadable-time",
        "a time that is no date",
        "The time of a call is a date such as `2026-01-31T12:00:00Z`, or Unix seconds.",
        rules=("R-COND-12",),
        about="request",
    ),
    ErrorCode(
        "contradiction",
        "a context value that the rest of the request rules out",
        "Some keys follow from the caller, the resource, the tags or the time: `aws:PrincipalArn` "
        "is the caller's, `aws:CurrentTime` the time of the call. A value was given that says "
        "otherwise. Leave the key out, or mend the other side.",
        rules=("R-KEY-06",),
        about="request",
    ),
    ErrorCode(
        "session-arn",
        "aws:PrincipalArn given as the ARN of a session",
        "For a session of a role, AWS sends the ARN of the role with its path as "
        "`aws:PrincipalArn`, never that of the session. Give `arn:aws:iam::\u2026:role/\u2026`, "
        "or name the caller and leave the key out.",
        rules=("R-KEY-01",),
        about="request",
    ),
    ErrorCode(
        "key-given-and-unknown",
        "a key that is given and said to be unknown",
        "A key has a value, is known to be absent, or nobody knows its value. Say one of these.",
        rules=("R-KEY-06",),
        about="request",
    ),
    ErrorCode(
        "condition",
        "a condition that cannot be read, or cannot hold",
        'A condition is one line such as `aws:CalledVia contains "appflow.amazonaws.com" and '
        'secretsmanager:Name like "appflow!*"` (docs/conditions.md). It is not in that language; '
        "or it was to be taken for true (`--when`) of a request of which it is known to be false, "
        "or of a layer whose policies are given.",
        rules=("R-KEY-06",),
        about="request",
    ),
    ErrorCode(
        "no-such-policy",
        "a condition that no policy says",
        "`--emit policy` was asked for, and the condition is about what no condition key tells (a "
        "layer that nobody knows, a further action of the call), negates what has no negated "
        "operator, or needs very many statements. Its text is exact all the same.",
        about="request",
    ),
    # Suites
    ErrorCode(
        "missing-field",
        "a field that is not there",
        "A suite has `tests`, a test has an `action` of its own or from the suite, and a "
        "`principal` where there are `sources`, a principal has an `arn`, an entry of `policies` "
        "has a `file` or a `policy` and not both, an `expect` says something, and an entry of "
        "`ContextEntries` has a name and values. In an organization each node has an `id`, and a "
        "`parent` that is there unless it is the root.",
        about="suite",
    ),
    ErrorCode(
        "unknown-field",
        "a field that the format does not have",
        "The format knows no field of this name at this place. The nearest name is shown, or all "
        "of them. Fields are not passed over, as a test that does not say what was meant proves "
        "nothing, and a source with a misspelt `boundary` or `parent` has none.",
        about="suite",
    ),
    ErrorCode(
        "empty-list",
        "an empty list where something must be named",
        "`tests`, `actions`, `resources`, `principals`, `all_of` and `sources` name at least one "
        "thing each. "
        "A test of nothing would always pass.",
        about="suite",
    ),
    ErrorCode(
        "field-combination",
        "fields that do not stand together, or not alone",
        "`actions` makes one test of each action, and `action` is one action; likewise "
        "`resources` and `principals`. `all_of` is one call that needs several actions, so "
        "neither of the two stands beside it. Keep one. `account`, `region` and `parameters` tell "
        "of `sources` and stand beside them. A request of the simulator has policies of its own, "
        "and is not recorded among tests of sources.",
        about="suite",
    ),
    ErrorCode(
        "unknown-decision",
        "an expected decision that does not exist",
        "`expect` is `allowed`, `implicitDeny`, `explicitDeny`, `anyDeny`, `undetermined` or "
        "`invalid`, in exact case.",
        about="suite",
    ),
    ErrorCode(
        "unknown-word",
        "a word that is not among those a field may hold",
        "`unlisted_keys` is `absent` or `unknown`. A `ContextKeyType` is one of AWS's: `string`, "
        "`numeric`, `boolean`, `ip`, `binary` or `date`, or one of them with `List` behind it.",
        about="suite",
    ),
    # Sources
    ErrorCode(
        "source-note",
        "something about a source that an answer goes by",
        "What a plan or template does not tell and what stands for it (an account, a Region, a "
        "default value), what it cannot tell (what was attached by other means), and how much of "
        "it was left out that may have a say in calls. `policy-eval import` lists all of it, with "
        "the reasons.",
        about="source",
    ),
    ErrorCode(
        "unknown-source",
        "a file or folder that is no known source",
        "What stands in a file tells its format, not its name. An account export has the lists "
        "`UserDetailList`, `GroupDetailList` and `RoleDetailList`; an organization has "
        "`organization` and `nodes`; a list of calls has `calls`, a script of them `aws … > FILE` "
        "a line; a workspace is a folder with `workspace.json`, which `policy-eval import` makes, "
        "and holds nothing that it does not name; "
        "a folder of policies has `policies.yaml`. A suite (*.iamtest.yaml) stands for its "
        "`sources`, alone; without any it tells the policies of one caller and no account. A "
        "policy by itself is given with `-p`.",
        about="source",
    ),
    ErrorCode(
        "missing-page",
        "an export of which further pages are missing",
        "`IsTruncated`, `Marker` or `NextToken` says that AWS has more to tell: users, roles and "
        "policies are missing, and no source holds the last page of that account. Export without "
        "`--no-paginate` and `--max-items`, or give all pages, each as a source or as one JSON "
        "list. A page between two others is not missed: pages do not tell their number. The output "
        "of a call with `--max-items`, `--starting-token` or `--marker` may be a part: leave them "
        "out.",
        about="source",
    ),
    ErrorCode(
        "listed-twice",
        "two descriptions of one thing that differ",
        "A user, role, group, policy, resource or node is described twice, in one source or two, "
        "and not in the same way. Leave out the one that is out of date. The same twice "
        "is taken once. An organization has one root, and two descriptions of one say the same. "
        "The output of a call stands in a file of its own, and is about what its command names; "
        "the calls of one profile are of one account.",
        about="source",
    ),
    ErrorCode(
        "not-a-name",
        "a user, group, role or policy that IAM would not call so",
        "Names of IAM are letters, digits and `+=,.@_-`, without accents and blanks; a path before "
        "the name begins and ends with a slash; the account is an ID of twelve digits, or `aws` "
        "for AWS's own policies. Nobody could be asked about by such a name.",
        rules=("R-PRIN-04",),
        about="source",
    ),
    ErrorCode(
        "outside-folder",
        "a file outside the folder of a source",
        "A folder of policies holds all that belongs to it: the files that `policies.yaml` names "
        "stand in the folder or below it, and no link leads out of it.",
        about="source",
    ),
    ErrorCode(
        "missing-default-version",
        "a managed policy whose default version is not there",
        "`DefaultVersionId` names the version that decides, and `PolicyVersionList` does not hold "
        "it. Export again.",
        about="source",
    ),
    ErrorCode(
        "policy-in-source",
        "a policy in a source that AWS would not store",
        "A policy of a source is refused when it is first wanted: what stands in the source is no "
        "policy, or one that AWS would not store, so the source was changed after it was made. The "
        "problems of the policy follow, with places in the policy alone, as JSON of two blanks a "
        "level.",
        about="source",
    ),
    ErrorCode(
        "ambiguous-name",
        "a name that several users and roles have",
        "A user and a role, or roles of two accounts, may have the same name. Write `user/NAME` or "
        "`role/NAME`, or give the ARN.",
        about="source",
    ),
    ErrorCode(
        "circular",
        "a node of an organization that is above itself",
        "By the `parent` of each node the path from a node leads back to it, and never to a root.",
        about="source",
    ),
    ErrorCode(
        "unknown-reference",
        "a name that the template does not explain",
        "A function of a template (`Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::If`, `Fn::FindInMap`) "
        "names a parameter, resource, condition or entry of a mapping that is not there.",
        about="source",
    ),
    ErrorCode(
        "unknown-parameter",
        "a parameter that no template has",
        "`--parameter NAME=VALUE` gives a parameter of a template its value, and no template that "
        "was read declares one of this name.",
        about="source",
    ),
    ErrorCode(
        "malformed-parameter",
        "a parameter without a value",
        "`--parameter` is written `NAME=VALUE`; the value may be empty.",
        about="source",
    ),
    ErrorCode(
        "template-loop",
        "a template that refers to itself",
        "Resources or conditions refer to one another in a circle, or a loop makes more than a "
        "template holds. CloudFormation refuses it, too.",
        about="source",
    ),
    ErrorCode(
        "template-macro",
        "a template that a macro changes",
        "A macro (a `Transform` of one's own, `AWS::Include`, `Fn::Transform`) may make anything "
        "of a template, and what it makes stands in no file. Give the template as it was "
        "processed: `aws cloudformation get-template --template-stage Processed`.",
        about="source",
    ),
    # Commands
    ErrorCode(
        "key-value",
        "an option that is not KEY=VALUE",
        "`-c`, `--request-tag` and `--resource-tag` take a key, `=` and a value, which may be "
        "empty. A key that the request is known not to carry is given by `--absent`.",
        about="command",
    ),
    ErrorCode(
        "duplicate-tag",
        "one tag key given twice",
        "A resource has each tag key once, and a request passes it once. Keys of tags distinguish "
        "case.",
        about="command",
    ),
    ErrorCode(
        "given-and-absent",
        "a key that is given and said to be absent",
        "The same key stands in `-c` and in `--absent`. A request carries it or does not: say one "
        "of the two.",
        about="command",
    ),
    ErrorCode(
        "unknown-scenario",
        "a scenario that is neither a file nor packaged",
        "`policy-eval check` takes the name of a scenario that comes with the package, or a file. "
        "The packaged names are shown.",
        about="command",
    ),
    ErrorCode(
        "missing-policies",
        "a scenario without policies",
        "The scenario asks questions and brings no policies to answer them by. Give one with `-p`.",
        about="command",
    ),
    ErrorCode(
        "not-a-policy-file",
        "a file that holds a policy inside another text",
        "`policy-eval fmt` rewrites files that are a policy, and leaves a command's output, a "
        "heredoc or a YAML file as it is. Print the policy alone with `policy-eval fmt - < FILE`.",
        about="command",
    ),
    ErrorCode(
        "unknown-code",
        "a code that no diagnostic has",
        "`policy-eval explain-error` takes the word in brackets of a diagnostic. Without one it "
        "lists them all.",
        about="command",
    ),
    ErrorCode(
        "unknown-rule",
        "a rule that there is not",
        "`policy-eval rule` takes the ID of a rule, such as `R-COND-34` or `E.2`, in any letter "
        "case. Without one it lists them all.",
        about="command",
    ),
    ErrorCode(
        "output",
        "an answer that could not be written",
        "The operating system refuses to take the output, for example as the disk is full. The "
        "exit code is 2, whatever the answer was. A file of decisions may not be the file of "
        "requests, either.",
        about="command",
    ),
    ErrorCode(
        "missing-package",
        "a package that a command needs and that is not installed",
        "Tables of requests need numpy and pyarrow: `pip install 'policy-eval[columnar]'`.",
        about="command",
    ),
    ErrorCode(
        "internal",
        "a mistake in policy_eval",
        "Something happened that was not foreseen. The exit code is 70, and nothing was decided. "
        "Please report it, with what stands above it.",
        about="command",
    ),
)

ERROR_CODES = {entry.code: entry for entry in _ENTRIES}
"""The entries by their codes, group by group."""

_WIDTH = 90
_READ_OVER = frozenset({"comment", "trailing-comma"})
"""The codes that `--lenient` is about; all others are `--accept-invalid`'s."""


def spell_out(entry: ErrorCode) -> str:
    """Return an entry as a command prints it."""
    kind = "" if entry.policy_type == "identity" else f" (--type {entry.policy_type})"
    parts = [f"{entry.code}: {entry.title}", fill(entry.says, _WIDTH)]
    parts += [
        f"{name}{kind}:\n{indent(text.removesuffix(_BREAK), '    ')}"
        for name, text in (("wrong", entry.wrong), ("right", entry.right))
        if text
    ]
    notes = [
        fill(f"{name}: {text}", _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        for name, text in _notes(entry)
    ]
    return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])])


def _notes(entry: ErrorCode) -> list[tuple[str, str]]:
    """Return the short facts of an entry, each with its name."""
    option = "--lenient" if entry.code in _READ_OVER else "--accept-invalid"
    facts = (
        ("AWS says", entry.aws),
        (option, entry.lenient),
        ("rules", ", ".join(entry.rules)),
    )
    return [(name, text) for name, text in facts if text]


_BREAK = "\n"
_INTRODUCTION = """\
# Diagnostics by their code

Every problem that is found in an input has a code, such as `trailing-comma`. Codes are stable: a
code keeps its meaning, while the wording of messages may change. Suites quote them
(`expect: {error: trailing-comma}`), and `policy-eval explain-error CODE` prints what stands here.

A diagnostic names the place, underlines what is meant, and says what was expected and how to
mend it:

```text
error[trailing-comma]: a comma stands before a closing bracket
 --> policy.json:1:62
  |
1 | {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",}
  |                                                              ^
  = help: remove it, or read the text with --lenient
  = rule: R-GRAM-01
```

An *error* refuses the input: the command decides nothing and exits with code 2. All errors of a
policy are shown at once. A *warning* is said, and the input is used. With `-o json` or
`-o yaml`, diagnostics are data.

*Wrong* is the smallest text that gives the code, *right* the same mended; they are read as an
identity-based policy unless another type is named. Where *AWS says* is given, it is the message
that people quote when AWS refuses the same; other services and other faults may give the same
words. `--lenient` reads over comments and trailing commas. `--accept-invalid` reads what AWS
refuses to store by the lenient reading of its rule, with a warning; what it makes of a code stands
with the code, and a code without such a line stays refused, or is only a warning. Rules are those
of [semantics.md](semantics.md).
"""


def as_markdown() -> str:
    """Return the page docs/errors.md."""
    return "\n".join([_INTRODUCTION, *_contents(), *_sections()])


def _contents() -> list[str]:
    lines = []
    for about, (heading, _) in _GROUPS.items():
        links = ", ".join(f"[{each.code}](#{each.code})" for each in _of_group(about))
        lines.append(f"- **{heading}**: {links}")
    return [*lines, ""]


def _sections() -> list[str]:
    lines = []
    for about, (heading, explanation) in _GROUPS.items():
        lines += [f"## {heading}", "", explanation, ""]
        for entry in _of_group(about):
            lines += _section(entry)
    return lines


def _of_group(about: str) -> list[ErrorCode]:
    return [entry for entry in _ENTRIES if entry.about == about]


def _section(entry: ErrorCode) -> list[str]:
    title = entry.title[:1].upper() + entry.title[1:]
    lines = [f"### {entry.code}", "", f"*{title}.* {entry.says}", ""]
    kind = "" if entry.policy_type == "identity" else f", as `--type {entry.policy_type}`"
    for name, text in (("Wrong", entry.wrong), ("Right", entry.right)):
        if text:
            lines += [f"{name}{kind}:", "", *_fenced(text), ""]
    notes = [
        f"- {_NAMES.get(name, f'`{name}`')}: {f'`{text}`' if name == 'AWS says' else text}"
        for name, text in _notes(entry)
    ]
    return [*lines, *notes, *([""] if notes else [])]


_NAMES = {"AWS says": "AWS says", "rules": "Rules"}


def _fenced(text: str) -> list[str]:
    """Return a text as a block of code, in a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    language = "json" if text.lstrip()[:1] in ("{", "[") else "text"
    return [f"{fence}{language}", text.removesuffix(_BREAK), fence]
