package model

import "strings"

// object is a JSON object.
type object = map[string]any

// written and its successor are the contents of the scripted file: three lines are
// added, then one is replaced by two.
const (
	written    = "one\ntwo\nthree\n"
	replaced   = "two\n"
	replacing  = "zwei\nzwo\n"
	patchAdd   = "*** Begin Patch\n*** Add File: FILE\n+one\n+two\n+three\n*** End Patch\n"
	patchApply = "*** Begin Patch\n*** Update File: FILE\n@@\n one\n-two\n+zwei\n+zwo\n three\n*** End Patch\n"
	subPrompt  = "do SUBLS"
)

// toolbox holds, for every step, the tools of the known clients. The first that a
// client offers is asked for; FILE stands for the file of the prompt.
var toolbox = map[step][]call{
	list: {
		{name: "Bash", arguments: object{"command": "ls", "description": "List files"}},
		{name: "run_shell_command", arguments: object{"command": "ls", "description": "List files", "is_background": false}},
		{name: "bash", arguments: object{"command": "ls", "description": "List files"}},
		{name: "exec_command", arguments: object{"cmd": "ls"}},
		{name: "shell_command", arguments: object{"command": "ls"}},
		{name: "shell", arguments: object{"command": []string{"ls"}}},
	},
	write: {
		{name: "Write", arguments: object{"file_path": "FILE", "content": written}},
		{name: "write_file", arguments: object{"file_path": "FILE", "content": written}},
		{name: "write", arguments: object{"filePath": "FILE", "content": written}},
		{name: "create", arguments: object{"path": "FILE", "file_text": written}},
		{name: "apply_patch", arguments: object{"input": patchAdd, "patchText": patchAdd}, free: patchAdd},
		{name: "exec_command", arguments: object{"cmd": "apply_patch <<'EOF'\n" + patchAdd + "EOF\n"}},
	},
	read: {
		{name: "Read", arguments: object{"file_path": "FILE"}},
		{name: "read_file", arguments: object{"file_path": "FILE"}},
		{name: "read", arguments: object{"filePath": "FILE"}},
		{name: "view", arguments: object{"path": "FILE"}},
		{name: "exec_command", arguments: object{"cmd": "cat FILE"}},
	},
	replace: {
		{name: "Edit", arguments: object{"file_path": "FILE", "old_string": replaced, "new_string": replacing}},
		{name: "replace", arguments: object{"file_path": "FILE", "old_string": replaced, "new_string": replacing, "instruction": "Translate the second line."}},
		{name: "edit", arguments: object{"file_path": "FILE", "filePath": "FILE", "path": "FILE", "old_string": replaced, "new_string": replacing,
			"oldString": replaced, "newString": replacing, "old_str": replaced, "new_str": replacing}},
		{name: "apply_patch", arguments: object{"input": patchApply, "patchText": patchApply}, free: patchApply},
		{name: "exec_command", arguments: object{"cmd": "apply_patch <<'EOF'\n" + patchApply + "EOF\n"}},
	},
	await: {
		{name: "wait_agent", arguments: object{"timeout_ms": 30000}},
	},
	finish: {
		{name: "complete_task", arguments: object{"result": object{"response": "It is listed."}}},
	},
	agent:      agents(false),
	background: agents(true),
}

// agents are the tools that start a sub-agent.
func agents(apart bool) []call {
	mode := "sync"
	if apart {
		mode = "background"
	}
	task := object{"description": "List the files", "prompt": subPrompt, "subagent_type": "general-purpose", "run_in_background": apart}
	return []call{
		{name: "Agent", arguments: task},
		{name: "Task", arguments: task},
		{name: "agent", arguments: task},
		{name: "invoke_agent", arguments: object{"agent_name": "generalist", "prompt": subPrompt}},
		{name: "generalist", arguments: object{"request": subPrompt}},
		{name: "spawn_agent", arguments: object{"message": subPrompt, "task_name": "list", "fork_turns": "none"}},
		{name: "task", arguments: object{"description": "List the files", "prompt": subPrompt, "subagent_type": "general", "agent_type": "general-purpose", "name": "list", "mode": mode}},
	}
}

// offered returns the first tool for a step that the client offers; nil, which the
// protocols answer with words, when it offers none.
func offered(s step, tools map[string]manner, file string) *call {
	for _, c := range toolbox[s] {
		how, isOffered := tools[c.name]
		if !isOffered {
			continue
		}
		made := &call{name: c.name, arguments: fill(c.arguments, file), group: how.group}
		if how.text {
			made.free = strings.ReplaceAll(c.free, "FILE", file)
		}
		return made
	}
	return nil
}

func fill(arguments object, file string) object {
	filled := object{}
	for name, value := range arguments {
		if text, isText := value.(string); isText {
			value = strings.ReplaceAll(text, "FILE", file)
		}
		filled[name] = value
	}
	return filled
}
