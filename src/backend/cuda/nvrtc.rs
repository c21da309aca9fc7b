//! The compiler of CUDA, where it is there.
#![allow(unsafe_code, reason = "calling NVRTC is a foreign call; each says why it is sound")]

use std::ffi::CString;

use cudarc::nvrtc::{result, sys};

use crate::error::{Error, Result};

/// An error of this backend.
pub fn error(message: impl Into<String>) -> Error {
    Error::Backend { name: "cuda".into(), message: message.into() }
}

/// Whether NVRTC is there, and its version.
pub fn compiler() -> Option<(i32, i32)> {
    // SAFETY: opens and closes a library by its well-known name.
    if !unsafe { sys::is_culib_present() } {
        return None;
    }
    let (mut major, mut minor) = (0, 0);
    // SAFETY: writes two integers to the addresses of live ones.
    unsafe { sys::nvrtcVersion(&raw mut major, &raw mut minor) }.result().ok()?;
    Some((major, minor))
}

/// A program of NVRTC, destroyed at the end.
struct Program(sys::nvrtcProgram);

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: the program was created by `compile`, and is destroyed once.
        let _ = unsafe { result::destroy_program(self.0) };
    }
}

/// Compiles `source` with `headers` (name, text) for a real architecture.
///
/// # Errors
/// The compiler's log.
pub fn compile(source: &str, headers: &[(&str, &str)], options: &[String]) -> Result<Vec<u8>> {
    let failed = |e: result::NvrtcError| error(format!("NVRTC: {e}"));
    let text = |s: &str| CString::new(s).expect("kernels hold no NUL");
    let (source, name) = (text(source), text("klaim.cu"));
    let held: Vec<(CString, CString)> =
        headers.iter().map(|(name, header)| (text(name), text(header))).collect();
    let names: Vec<_> = held.iter().map(|(name, _)| name.as_ptr()).collect();
    let texts: Vec<_> = held.iter().map(|(_, header)| header.as_ptr()).collect();
    let mut program = Program(std::ptr::null_mut());
    // SAFETY: all strings are NUL-terminated and alive until the end of this function, as the
    // program is; both lists have `headers.len()` entries.
    unsafe {
        sys::nvrtcCreateProgram(
            &raw mut program.0,
            source.as_ptr(),
            name.as_ptr(),
            headers.len() as i32,
            texts.as_ptr(),
            names.as_ptr(),
        )
    }
    .result()
    .map_err(failed)?;
    // SAFETY: the program was created above and is not destroyed before the end of this function.
    if let Err(e) = unsafe { result::compile_program(program.0, options) } {
        // SAFETY: as above.
        let log = unsafe { result::get_program_log(program.0) }.unwrap_or_default();
        let log: String = log.iter().map(|&c| char::from(c as u8)).filter(|&c| c != '\0').collect();
        return Err(error(format!("NVRTC: {e}: {}", log.trim())));
    }
    let mut size = 0;
    // SAFETY: as above; writes one size.
    unsafe { sys::nvrtcGetCUBINSize(program.0, &raw mut size) }.result().map_err(failed)?;
    let mut binary = vec![0_u8; size];
    // SAFETY: as above; writes `size` bytes into a buffer of that size.
    unsafe { sys::nvrtcGetCUBIN(program.0, binary.as_mut_ptr().cast()) }.result().map_err(failed)?;
    Ok(binary)
}
