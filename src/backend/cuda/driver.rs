//! CUDA itself: the only file that names `cudarc`, and all of this backend's `unsafe`.
//!
//! Driver and compiler are shared libraries that are looked for when a device is first asked for; cudarc panics where one
//! is missing, so each is asked for first. Everything here belongs to one device; queues of a device run side by side.
#![allow(unsafe_code, reason = "launching kernels and calling NVRTC are foreign calls; each says why it is sound")]

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::sync::Arc;

use cudarc::driver::{
    CudaContext, CudaEvent, CudaFunction, CudaSlice, CudaStream, DevicePtr, DriverError, LaunchConfig, PushKernelArg,
    result, sys,
};
use cudarc::nvrtc::{self, Ptx};

use super::kernels::{self, Kernel};
use crate::error::{Error, Result};

/// Oldest driver interface (as CUDA reports versions: 12000 is 12.0) and compute capability that klaim uses.
const OLDEST_DRIVER: i32 = 12_000;
const LEAST_CAPABILITY: (i32, i32) = (8, 0);

/// A numbered type that kernels take as it is.
pub trait Element: cudarc::driver::DeviceRepr + cudarc::driver::ValidAsZeroBits + Clone + Copy {}
impl Element for f32 {}
impl Element for f64 {}
impl Element for u32 {}
impl Element for u64 {}

/// An error of this backend.
pub fn error(message: impl Into<String>) -> Error {
    Error::Backend { name: "cuda".into(), message: message.into() }
}

/// Turns a driver's error into ours, with what was attempted.
fn failed(doing: &str) -> impl Fn(DriverError) -> Error {
    move |e| {
        let name = e.error_name().map_or("unknown error".into(), CStr::to_string_lossy);
        let remedy = match e.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => "; free some, or use --backend cpu",
            sys::CUresult::CUDA_ERROR_NO_DEVICE => "; is one visible (CUDA_VISIBLE_DEVICES)? or use --backend cpu",
            sys::CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => "; driver library and kernel module differ: reboot",
            _ => "",
        };
        error(format!("{doing}: {name}{remedy}"))
    }
}

/// Whether there is a driver library.
pub fn is_there() -> bool {
    // SAFETY: opens and closes a library by its well-known name; loading the CUDA driver has no preconditions.
    unsafe { sys::is_culib_present() }
}

/// A device with klaim's kernels loaded.
pub struct Device {
    context: Arc<CudaContext>,
    functions: HashMap<&'static str, CudaFunction>,
    name: String,
}

impl Device {
    /// Every usable device of this machine.
    ///
    /// # Errors
    /// [`Error::Backend`]: no driver library, a driver too old, no device, none new enough, kernels that do not load.
    pub fn all() -> Result<Vec<Self>> {
        if !is_there() {
            return Err(error("no CUDA driver library (libcuda) on this machine; use --backend cpu"));
        }
        result::init().map_err(failed("starting the driver"))?;
        let mut version = 0;
        // SAFETY: writes one integer to the address of a live one.
        unsafe { sys::cuDriverGetVersion(&raw mut version) }.result().map_err(failed("asking the driver's version"))?;
        if version < OLDEST_DRIVER {
            let (major, minor) = (version / 1000, version % 1000 / 10);
            return Err(error(format!("the driver speaks CUDA {major}.{minor}, klaim needs 12.0 or newer")));
        }
        let count = CudaContext::device_count().map_err(failed("counting devices"))?;
        let devices = (0..count as usize).map(Self::new).collect::<Result<Vec<_>>>()?;
        if devices.is_empty() { Err(error("the driver sees no device; use --backend cpu")) } else { Ok(devices) }
    }

    fn new(ordinal: usize) -> Result<Self> {
        let opening = |e| failed(&format!("opening device {ordinal}"))(e);
        let context = CudaContext::new(ordinal).map_err(opening)?;
        // SAFETY: every buffer is written and read by one queue alone, or was uploaded by a queue that was then waited
        // for; buffers are freed after their queues were waited for.
        unsafe { context.disable_event_tracking() };
        let name = context.name().map_err(opening)?;
        let capability = context.compute_capability().map_err(opening)?;
        if capability < LEAST_CAPABILITY {
            let (major, minor) = capability;
            return Err(error(format!("{name} has compute capability {major}.{minor}; klaim needs 8.0 or newer")));
        }
        let load = |image| {
            let binary = match image {
                kernels::Image::Binary(bytes) => Ptx::from_binary(bytes),
                kernels::Image::Portable(text) => Ptx::from_src(text),
            };
            context.load_module(binary).map_err(failed("loading the kernels"))
        };
        let modules = kernels::images(capability)?.into_iter().map(load).collect::<Result<Vec<_>>>()?;
        let mut functions = HashMap::new();
        for kernel in kernels::ALL {
            // A kernel stands in one of the images.
            let function = modules.iter().find_map(|module| module.load_function(kernel.name).ok());
            let missing = || error(format!("the compiled kernels lack `{}`", kernel.name));
            functions.insert(kernel.name, function.ok_or_else(missing)?);
        }
        Ok(Self { context, functions, name })
    }

    /// The device's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of memory that are free now.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn free_memory(&self) -> Result<usize> {
        Ok(self.context.mem_get_info().map_err(failed("asking for free memory"))?.0)
    }
}

/// An ordered queue of copies and launches on a device.
#[derive(Clone)]
pub struct Queue {
    device: Arc<Device>,
    stream: Arc<CudaStream>,
}

/// Memory of a device.
pub struct Buffer<T>(CudaSlice<T>);

/// A place in a queue.
pub struct Mark(CudaEvent);

/// One argument of a kernel.
#[derive(Clone, Copy)]
pub enum Argument<'a> {
    /// The address of a buffer.
    Memory(u64, PhantomData<&'a ()>),
    /// A u32.
    Word(u32),
    /// A u64.
    Long(u64),
    /// An f64.
    Real(f64),
}

impl Argument<'_> {
    /// An address `elements` f64 further on.
    pub fn after(self, elements: u64) -> Self {
        match self {
            Self::Memory(address, life) => Self::Memory(address + elements * size_of::<f64>() as u64, life),
            other => other,
        }
    }

    /// As in [`Kernel::parameters`].
    fn kind(&self) -> char {
        match self {
            Self::Memory(..) => 'p',
            Self::Word(_) => 'u',
            Self::Long(_) => 'l',
            Self::Real(_) => 'd',
        }
    }
}

impl<'a, T> From<&'a Buffer<T>> for Argument<'a> {
    fn from(buffer: &'a Buffer<T>) -> Self {
        // With event tracking off the guard does nothing.
        let (address, _guard) = buffer.0.device_ptr(buffer.0.stream());
        Self::Memory(address, PhantomData)
    }
}

impl From<u32> for Argument<'_> {
    fn from(x: u32) -> Self {
        Self::Word(x)
    }
}

impl From<u64> for Argument<'_> {
    fn from(x: u64) -> Self {
        Self::Long(x)
    }
}

impl From<f64> for Argument<'_> {
    fn from(x: f64) -> Self {
        Self::Real(x)
    }
}

impl Queue {
    /// A new queue.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn new(device: &Arc<Device>) -> Result<Self> {
        let stream = device.context.new_stream().map_err(failed("making a stream"))?;
        Ok(Self { device: Arc::clone(device), stream })
    }

    /// Room for `len` elements, zero.
    ///
    /// # Errors
    /// [`Error::Backend`]: out of memory.
    pub fn room<T: Element>(&self, len: usize) -> Result<Buffer<T>> {
        // A device allocates no empty buffer.
        let bytes = len.max(1) * size_of::<T>();
        let doing = format!("allocating {} MiB on {}", bytes.div_ceil(1 << 20), self.device.name);
        self.stream.alloc_zeros(len.max(1)).map(Buffer).map_err(failed(&doing))
    }

    /// A copy of `values` on the device.
    ///
    /// # Errors
    /// [`Error::Backend`]: out of memory.
    pub fn upload<T: Element>(&self, values: &[T]) -> Result<Buffer<T>> {
        let mut buffer = self.room(values.len())?;
        if !values.is_empty() {
            self.stream.memcpy_htod(values, &mut buffer.0).map_err(failed("copying to the device"))?;
        }
        Ok(buffer)
    }

    /// Queues a copy of `values` to the start of `buffer`. From memory that is not pinned this returns when the driver has
    /// read `values`, which is after everything queued before.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn refill<T: Element>(&self, buffer: &Buffer<T>, values: &[T]) -> Result<()> {
        assert!(values.len() <= buffer.0.len(), "{} elements into {}", values.len(), buffer.0.len());
        let (address, _guard) = buffer.0.device_ptr(&self.stream);
        let copying = failed("copying to the device");
        self.device.context.bind_to_thread().map_err(&copying)?;
        // SAFETY: the buffer is alive and long enough (asserted above); whoever reads it waits for this queue, and this
        // queue for them (`wait_for`), or is this queue; `values` is read before the call returns.
        unsafe { result::memcpy_htod_async(address, values, self.stream.cu_stream()) }.map_err(&copying)
    }

    /// The place that this queue has reached.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn mark(&self) -> Result<Mark> {
        self.stream.record_event(None).map(Mark).map_err(failed("marking a place in a stream"))
    }

    /// What is queued from now on starts after `mark`, a place in another queue of this device.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn wait_for(&self, mark: &Mark) -> Result<()> {
        self.stream.wait(&mark.0).map_err(failed("waiting for a stream"))
    }

    /// Another queue of the same device.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn beside(&self) -> Result<Self> {
        Self::new(&self.device)
    }

    /// The first `len` elements of `buffer`, once everything queued before is done.
    ///
    /// # Errors
    /// [`Error::Backend`]: a kernel failed.
    pub fn download<T: Element>(&self, buffer: &Buffer<T>, len: usize) -> Result<Vec<T>> {
        let values = self.stream.clone_dtoh(&buffer.0.slice(..len)).map_err(failed("copying from the device"))?;
        self.wait()?;
        Ok(values)
    }

    /// Waits until everything queued is done.
    ///
    /// # Errors
    /// [`Error::Backend`]: a kernel failed.
    pub fn wait(&self) -> Result<()> {
        self.stream.synchronize().map_err(failed("running kernels"))
    }

    /// Queues `kernel` with `blocks` blocks across and down. Buffers must be as long as the kernel's text says.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn launch(&self, kernel: &Kernel, blocks: [u32; 2], arguments: &[Argument]) -> Result<()> {
        self.launch_with(kernel, blocks, 0, arguments)
    }

    /// The same with room for `shared` numbers in each block's shared memory, beside what the kernel declares.
    ///
    /// # Errors
    /// [`Error::Backend`].
    pub fn launch_with(&self, kernel: &Kernel, blocks: [u32; 2], shared: usize, arguments: &[Argument]) -> Result<()> {
        let kinds: String = arguments.iter().map(Argument::kind).collect();
        assert_eq!(kinds, kernel.parameters, "arguments of `{}`", kernel.name);
        let mut launch = self.stream.launch_builder(&self.device.functions[kernel.name]);
        for argument in arguments {
            match argument {
                Argument::Memory(x, _) | Argument::Long(x) => launch.arg(x),
                Argument::Word(x) => launch.arg(x),
                Argument::Real(x) => launch.arg(x),
            };
        }
        let shape = LaunchConfig {
            grid_dim: (blocks[0], blocks[1], 1),
            block_dim: (kernel.threads, 1, 1),
            shared_mem_bytes: (shared * size_of::<f64>()) as u32,
        };
        // SAFETY: number, order and kinds of the arguments are the kernel's (asserted above against its table, and the
        // table against the kernel's text by a test); addresses are of live buffers of this device, borrowed until the
        // launch is queued, and freed in the order of the queue; their lengths are computed from the same counts that the
        // kernel is given (checked under the emulator, which watches the end of every buffer, and by memcheck).
        unsafe { launch.launch(shape) }.map_err(failed(kernel.name))?;
        Ok(())
    }
}

/// Whether NVRTC is there, and its version.
pub fn compiler() -> Option<(i32, i32)> {
    // SAFETY: opens and closes a library by its well-known name.
    if !unsafe { nvrtc::sys::is_culib_present() } {
        return None;
    }
    let (mut major, mut minor) = (0, 0);
    // SAFETY: writes two integers to the addresses of live ones.
    unsafe { nvrtc::sys::nvrtcVersion(&raw mut major, &raw mut minor) }.result().ok()?;
    Some((major, minor))
}

/// A program of NVRTC, destroyed at the end.
struct Program(nvrtc::sys::nvrtcProgram);

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: the program was created by `compile`, and is destroyed once.
        let _ = unsafe { nvrtc::result::destroy_program(self.0) };
    }
}

/// Compiles `source` with `headers` (name, text) for a real architecture.
///
/// # Errors
/// The compiler's log.
pub fn compile(source: &str, headers: &[(&str, &str)], options: &[String]) -> Result<Vec<u8>> {
    let text = |s: &str| CString::new(s).expect("kernels hold no NUL");
    let (source, name) = (text(source), text("klaim.cu"));
    let held: Vec<(CString, CString)> = headers.iter().map(|(name, header)| (text(name), text(header))).collect();
    let names: Vec<_> = held.iter().map(|(name, _)| name.as_ptr()).collect();
    let texts: Vec<_> = held.iter().map(|(_, header)| header.as_ptr()).collect();
    let mut program = Program(std::ptr::null_mut());
    // SAFETY: all strings are NUL-terminated and alive until the end of this function, as the program is; both lists have `headers.len()` entries.
    unsafe {
        nvrtc::sys::nvrtcCreateProgram(
            &raw mut program.0,
            source.as_ptr(),
            name.as_ptr(),
            headers.len() as i32,
            texts.as_ptr(),
            names.as_ptr(),
        )
    }
    .result()
    .map_err(|e| error(format!("NVRTC: {e}")))?;
    // SAFETY: the program was created above and is not destroyed before the end of this function.
    if let Err(e) = unsafe { nvrtc::result::compile_program(program.0, options) } {
        // SAFETY: as above.
        let log = unsafe { nvrtc::result::get_program_log(program.0) }.unwrap_or_default();
        let log: String = log.iter().map(|&c| char::from(c as u8)).filter(|&c| c != '\0').collect();
        return Err(error(format!("NVRTC: {e}: {}", log.trim())));
    }
    let mut size = 0;
    // SAFETY: as above; writes one size.
    unsafe { nvrtc::sys::nvrtcGetCUBINSize(program.0, &raw mut size) }
        .result()
        .map_err(|e| error(format!("NVRTC: {e}")))?;
    let mut binary = vec![0_u8; size];
    // SAFETY: as above; writes `size` bytes into a buffer of that size.
    unsafe { nvrtc::sys::nvrtcGetCUBIN(program.0, binary.as_mut_ptr().cast()) }
        .result()
        .map_err(|e| error(format!("NVRTC: {e}")))?;
    Ok(binary)
}
