// A libnvrtc.so for tests: "compiles" by checking that every #include is among the headers it was given, and hands back
// the architecture and the text's length.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

namespace {
struct Program {
    std::string source, log, image;
    std::map<std::string, std::string> headers;
};
enum { SUCCESS = 0, COMPILATION = 6 };

bool asked(const char* word) {
    const char* words = std::getenv("KLAIM_EMULATOR");
    return words && std::strstr(words, word);
}

// The first name included by `text`, or by what it includes, that is not among the headers; empty where all are.
std::string missing(const Program& program, const std::string& text) {
    const std::string word = "#include \"";
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        size_t start = at + word.size(), end = text.find('"', start);
        std::string name = text.substr(start, end - start);
        // The emulator's own header stands behind an #else.
        if (name == "emulator.h") continue;
        auto found = program.headers.find(name);
        if (found == program.headers.end()) return name;
        std::string below = missing(program, found->second);
        if (!below.empty()) return below;
    }
    return "";
}
}  // namespace

extern "C" {
int nvrtcVersion(int* major, int* minor) { return *major = 13, *minor = 0, SUCCESS; }
const char* nvrtcGetErrorString(int) { return "NVRTC_ERROR"; }
int nvrtcCreateProgram(Program** program, const char* source, const char*, int count, const char* const* headers,
                       const char* const* names) {
    *program = new Program{source, "", "", {}};
    for (int i = 0; i < count; ++i) (*program)->headers[names[i]] = headers[i];
    return SUCCESS;
}
int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    std::string lacks = missing(*program, program->source);
    if (!lacks.empty() || asked("text-fails")) {
        program->log = "klaim.cu(1): catastrophic error: cannot open source file \"" + lacks + "\"";
        return COMPILATION;
    }
    for (int i = 0; i < count; ++i) program->image += std::string(options[i]) + " ";
    program->image += std::to_string(program->source.size());
    return SUCCESS;
}
int nvrtcGetProgramLogSize(Program* program, size_t* size) { return *size = program->log.size() + 1, SUCCESS; }
int nvrtcGetProgramLog(Program* program, char* log) {
    return std::memcpy(log, program->log.c_str(), program->log.size() + 1), SUCCESS;
}
int nvrtcGetCUBINSize(Program* program, size_t* size) { return *size = program->image.size(), SUCCESS; }
int nvrtcGetCUBIN(Program* program, char* image) {
    return std::memcpy(image, program->image.data(), program->image.size()), SUCCESS;
}
int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    return SUCCESS;
}
}
