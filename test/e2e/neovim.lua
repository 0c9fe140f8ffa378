-- Run by neovim.test.ts: what an engineer does in Neovim, step by step; each answer goes into a file as JSON.
local answers = {}
local function finish()
  local file = assert(io.open(vim.env.DVRSCOPE_ANSWERS, 'w'))
  file:write(vim.json and vim.json.encode(answers) or vim.fn.json_encode(answers))
  file:close()
  vim.cmd('qa!')
end

local function wait(what, condition)
  if not vim.wait(60000, condition, 50) then
    answers.failed = 'waited for ' .. what
    finish()
  end
end

local function ask(method, params)
  local replies = vim.lsp.buf_request_sync(0, method, params, 60000) or {}
  for _, reply in pairs(replies) do
    if reply.error then answers.failed = method .. ': ' .. vim.inspect(reply.error) end
    if reply.result ~= nil then return reply.result end
  end
end

local uri = vim.uri_from_bufnr(0)
local document = { uri = uri }
local function at(line, character) return { line = line, character = character } end
local function text() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') end
local function client_of_buffer()
  for _, client in pairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    if client.name == 'dvrscope' then return client end
  end
end
local function apply(edit) vim.lsp.util.apply_workspace_edit(edit, client_of_buffer().offset_encoding or 'utf-16') end

wait('the server', function()
  local client = client_of_buffer()
  return client ~= nil and (client.initialized or client.server_capabilities ~= nil)
end)
wait('diagnostics', function() return #vim.diagnostic.get(0) > 0 end)

local ok, problem = pcall(function()
  answers.filetype = vim.bo.filetype
  answers.diagnostics = vim.tbl_map(function(each)
    return { line = each.lnum, code = each.code or each.user_data.lsp.code }
  end, vim.diagnostic.get(0))

  -- The mistake is on line 8, `network: rde`.
  local range = { start = at(8, 18), ['end'] = at(8, 18) }
  local actions = ask('textDocument/codeAction', { textDocument = document, range = range, context = { diagnostics = {} } })
  answers.actions = vim.tbl_map(function(each) return each.title end, actions or {})
  apply(actions[1].edit)
  wait('no diagnostics', function() return #vim.diagnostic.get(0) == 0 end)

  answers.hover = ask('textDocument/hover', { textDocument = document, position = at(1, 14) })
  local found = ask('textDocument/completion', { textDocument = document, position = at(8, 32) }) or {}
  answers.completion = vim.tbl_map(function(each) return each.label end, found.items or found)

  local context = { includeDeclaration = true }
  local places = ask('textDocument/references', { textDocument = document, position = at(1, 4), context = context })
  answers.references = vim.tbl_map(function(each) return each.range.start.line end, places or {})
  local targets = ask('textDocument/definition', { textDocument = document, position = at(8, 30) }) or {}
  local target = targets[1] or targets
  answers.definition = (target.targetSelectionRange or target.range).start.line

  apply(ask('textDocument/rename', { textDocument = document, position = at(4, 4), newName = 'crimson' }))
  answers.renamed = text()

  local edits = ask('textDocument/formatting', { textDocument = document, options = { tabSize = 2, insertSpaces = true } })
  vim.lsp.util.apply_text_edits(edits, vim.api.nvim_get_current_buf(), 'utf-16')
  answers.formatted = text()
end)
if not ok then answers.failed = tostring(problem) end
finish()
