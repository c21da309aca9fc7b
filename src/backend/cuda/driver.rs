//! The driver of CUDA. This file and `nvrtc.rs` alone name `cudarc`, and hold all of this backend's
//! `unsafe`.
//!
//! Driver and compiler are shared libraries that are looked for when a device is first asked for;
//! cudarc panics where one is missing, so each is asked for first. Everything here belongs to one
//! device; queues of a device run side by side. Whatever fails is an [`Error::Backend`] that says
//! what was attempted.
#![allow(unsafe_code, reason = "launching kernels is a foreign call; each says why it is sound")]

use std::collections::HashMap;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::sync::Arc;

use cudarc::driver::{
    CudaContext, CudaEvent, CudaFunction, CudaSlice, CudaStream, DevicePtr, DriverError, LaunchConfig,
    PushKernelArg, result, sys,
};
use cudarc::nvrtc::Ptx;

use super::kernels::{self, Kernel};
use super::nvrtc::error;
use crate::error::{Error, Result};
use crate::numeric::stream::Stream;

/// Oldest driver interface (as CUDA reports versions: 12000 is 12.0) and compute capability that
/// klaim uses.
const OLDEST_DRIVER: i32 = 12_000;
const LEAST_CAPABILITY: (i32, i32) = (8, 0);

/// A numbered type that kernels take as it is.
pub trait Element: cudarc::driver::DeviceRepr + cudarc::driver::ValidAsZeroBits + Clone + Copy {}
impl Element for f32 {}
impl Element for f64 {}
impl Element for u32 {}
impl Element for u64 {}

/// Turns a driver's error into ours, with what was attempted.
fn failed(doing: &str) -> impl Fn(DriverError) -> Error {
    move |e| {
        let name = e.error_name().map_or("unknown error".into(), CStr::to_string_lossy);
        let remedy = match e.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => "; free some, or use --backend cpu",
            sys::CUresult::CUDA_ERROR_NO_DEVICE => {
                "; is one visible (CUDA_VISIBLE_DEVICES)? or use --backend cpu"
            }
            sys::CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => {
                "; driver library and kernel module differ: reboot"
            }
            _ => "",
        };
        error(format!("{doing}: {name}{remedy}"))
    }
}

/// Whether there is a driver library.
pub fn is_there() -> bool {
    // SAFETY: opens and closes a library by its well-known name; loading the CUDA driver has no
    // preconditions.
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
    /// No driver library, a driver too old, no device, none new enough, kernels that do not load.
    pub fn all() -> Result<Vec<Self>> {
        if !is_there() {
            return Err(error("no CUDA driver library (libcuda) on this machine; use --backend cpu"));
        }
        result::init().map_err(failed("starting the driver"))?;
        let mut version = 0;
        // SAFETY: writes one integer to the address of a live one.
        unsafe { sys::cuDriverGetVersion(&raw mut version) }
            .result()
            .map_err(failed("asking the driver's version"))?;
        if version < OLDEST_DRIVER {
            let (major, minor) = (version / 1000, version % 1000 / 10);
            return Err(error(format!("the driver speaks CUDA {major}.{minor}, klaim needs 12.0 or newer")));
        }
        let count = CudaContext::device_count().map_err(failed("counting devices"))?;
        let devices = (0..count as usize).map(Self::new).collect::<Result<Vec<_>>>()?;
        if devices.is_empty() {
            Err(error("the driver sees no device; use --backend cpu"))
        } else {
            Ok(devices)
        }
    }

    fn new(ordinal: usize) -> Result<Self> {
        let opening = |e| failed(&format!("opening device {ordinal}"))(e);
        let context = CudaContext::new(ordinal).map_err(opening)?;
        // SAFETY: every buffer is written and read by one queue alone, or was uploaded by a queue
        // that was then waited for; buffers are freed after their queues were waited for.
        unsafe { context.disable_event_tracking() };
        let name = context.name().map_err(opening)?;
        let capability = context.compute_capability().map_err(opening)?;
        if capability < LEAST_CAPABILITY {
            let (major, minor) = capability;
            return Err(error(format!(
                "{name} has compute capability {major}.{minor}; klaim needs 8.0 or newer"
            )));
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
pub enum KernelArgument<'a> {
    /// The address of a buffer.
    Memory(u64, PhantomData<&'a ()>),
    /// A u32.
    Word(u32),
    /// A u64.
    Long(u64),
    /// An f64.
    Real(f64),
}

impl<'a> KernelArgument<'a> {
    /// The address of element `elements` of a buffer.
    pub fn within<T>(buffer: &'a Buffer<T>, elements: u64) -> Self {
        // With event tracking off the guard does nothing.
        let (address, _guard) = buffer.0.device_ptr(buffer.0.stream());
        Self::Memory(address + elements * size_of::<T>() as u64, PhantomData)
    }

    /// Its kind, a letter of [`Kernel::parameters`].
    fn kind(&self) -> char {
        match self {
            Self::Memory(..) => 'p',
            Self::Word(_) => 'u',
            Self::Long(_) => 'l',
            Self::Real(_) => 'd',
        }
    }
}

/// What becomes one argument, or several of them.
pub trait LaunchArguments<'a> {
    /// Adds them to `all`.
    fn append(self, all: &mut Vec<KernelArgument<'a>>);
}

macro_rules! arguments_of {
    ($(<$($generic:ident)?> $type:ty: |$x:ident| $made:expr;)*) => {
        $(impl<'a, $($generic)?> LaunchArguments<'a> for $type {
            fn append(self, all: &mut Vec<KernelArgument<'a>>) {
                let $x = self;
                all.extend($made);
            }
        })*
    };
}

arguments_of! {
    <T> &'a Buffer<T>: |buffer| [KernelArgument::within(buffer, 0)];
    <T> &Option<&'a Buffer<T>>: |buffer| buffer.map(|buffer| KernelArgument::within(buffer, 0));
    <> &KernelArgument<'a>: |argument| [*argument];
    <> &Vec<KernelArgument<'a>>: |arguments| arguments.iter().copied();
    <> &u32: |x| [KernelArgument::Word(*x)];
    <> &bool: |x| [KernelArgument::Word(u32::from(*x))];
    <> &u64: |x| [KernelArgument::Long(*x)];
    <> &f64: |x| [KernelArgument::Real(*x)];
    <> &Stream: |stream| [KernelArgument::Long(stream.seed()), KernelArgument::Long(stream.lane())];
}

/// The arguments of a launch, in the kernel's order.
macro_rules! arguments {
    ($($x:expr),* $(,)?) => {{
        let mut all = Vec::new();
        $(crate::backend::cuda::driver::LaunchArguments::append(&$x, &mut all);)*
        all
    }};
}

/// Queues a kernel: `launch!(queue, KERNEL, [across, down]; arguments)`.
macro_rules! launch {
    ($queue:expr, $kernel:ident, $blocks:expr; $($x:expr),* $(,)?) => {
        $queue.launch(
            &crate::backend::cuda::kernels::$kernel,
            $blocks,
            0,
            &crate::backend::cuda::driver::arguments!($($x),*),
        )
    };
}

pub(super) use {arguments, launch};

impl Queue {
    /// A new queue.
    pub fn new(device: &Arc<Device>) -> Result<Self> {
        let stream = device.context.new_stream().map_err(failed("making a stream"))?;
        Ok(Self { device: Arc::clone(device), stream })
    }

    /// Memory for `len` elements, zero.
    pub fn room<T: Element>(&self, len: usize) -> Result<Buffer<T>> {
        // A device allocates no empty buffer.
        let bytes = len.max(1) * size_of::<T>();
        let doing = format!("allocating {} MiB on {}", bytes.div_ceil(1 << 20), self.device.name);
        self.stream.alloc_zeros(len.max(1)).map(Buffer).map_err(failed(&doing))
    }

    /// A copy of `values` on the device.
    pub fn upload<T: Element>(&self, values: &[T]) -> Result<Buffer<T>> {
        let mut buffer = self.room(values.len())?;
        if !values.is_empty() {
            self.stream.memcpy_htod(values, &mut buffer.0).map_err(failed("copying to the device"))?;
        }
        Ok(buffer)
    }

    /// Queues a copy of `values` to the start of `buffer`. From memory that is not pinned this
    /// returns when the driver has read `values`, which is after everything queued before.
    pub fn refill<T: Element>(&self, buffer: &Buffer<T>, values: &[T]) -> Result<()> {
        assert!(values.len() <= buffer.0.len(), "{} elements into {}", values.len(), buffer.0.len());
        let (address, _guard) = buffer.0.device_ptr(&self.stream);
        let copying = failed("copying to the device");
        self.device.context.bind_to_thread().map_err(&copying)?;
        // SAFETY: the buffer is alive and long enough (asserted above); whoever reads it waits for
        // this queue, and this queue for them (`wait_for`), or is this queue; `values` is read
        // before the call returns.
        unsafe { result::memcpy_htod_async(address, values, self.stream.cu_stream()) }.map_err(&copying)
    }

    /// The place that this queue has reached.
    pub fn mark(&self) -> Result<Mark> {
        self.stream.record_event(None).map(Mark).map_err(failed("marking a place in a stream"))
    }

    /// What is queued from now on starts after `mark`, a place in another queue of this device.
    pub fn wait_for(&self, mark: &Mark) -> Result<()> {
        self.stream.wait(&mark.0).map_err(failed("waiting for a stream"))
    }

    /// Another queue of the same device.
    pub fn beside(&self) -> Result<Self> {
        Self::new(&self.device)
    }

    /// The first `len` elements of `buffer`, once everything queued before is done.
    pub fn download<T: Element>(&self, buffer: &Buffer<T>, len: usize) -> Result<Vec<T>> {
        let values =
            self.stream.clone_dtoh(&buffer.0.slice(..len)).map_err(failed("copying from the device"))?;
        self.wait()?;
        Ok(values)
    }

    /// Waits until everything queued is done.
    pub fn wait(&self) -> Result<()> {
        self.stream.synchronize().map_err(failed("running kernels"))
    }

    /// Queues `kernel` with `blocks` blocks across and down, and room for `shared` f64 in each
    /// block's shared memory beside what the kernel declares. Buffers must be as long as the
    /// kernel's text says.
    pub fn launch(
        &self,
        kernel: &Kernel,
        blocks: [u32; 2],
        shared: usize,
        arguments: &[KernelArgument],
    ) -> Result<()> {
        let kinds: String = arguments.iter().map(KernelArgument::kind).collect();
        assert_eq!(kinds, kernel.parameters, "arguments of `{}`", kernel.name);
        let mut launch = self.stream.launch_builder(&self.device.functions[kernel.name]);
        for argument in arguments {
            match argument {
                KernelArgument::Memory(x, _) | KernelArgument::Long(x) => launch.arg(x),
                KernelArgument::Word(x) => launch.arg(x),
                KernelArgument::Real(x) => launch.arg(x),
            };
        }
        let shape = LaunchConfig {
            grid_dim: (blocks[0], blocks[1], 1),
            block_dim: (kernel.threads, 1, 1),
            shared_mem_bytes: (shared * size_of::<f64>()) as u32,
        };
        // SAFETY: number, order and kinds of the arguments are the kernel's (asserted above against
        // its table, and the table against the kernel's text by a test); addresses are of live
        // buffers of this device, borrowed until the launch is queued, and freed in the order of
        // the queue; their lengths are computed from the same counts that the kernel is given
        // (checked under the emulator, which watches the end of every buffer, and by memcheck).
        unsafe { launch.launch(shape) }.map_err(failed(kernel.name))?;
        Ok(())
    }
}
